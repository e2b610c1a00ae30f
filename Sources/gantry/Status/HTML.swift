/// Pieces of HTML. All text that comes from elsewhere goes through `escaped`.
enum HTML {
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n": result += " "
            // No character of HTML.
            case let control where control.value < 0x20 || (0x7f...0x9f).contains(control.value):
                result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func table(_ head: [String], _ rows: [[String]]) -> String {
        if rows.isEmpty { return "<p class=\"none\">none</p>" }
        let title = head.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
        let body = rows.map { row in
            "<tr>" + row.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>\n"
        }
        return "<div class=\"wide\"><table><thead><tr>\(title)</tr></thead>\n<tbody>\n"
            + body.joined() + "</tbody></table></div>"
    }

    static func section(_ title: String, _ content: String) -> String {
        "<section><h2>\(escaped(title))</h2>\n\(content)\n</section>\n"
    }

    /// A page that needs nothing from elsewhere and runs no script.
    static func page(title: String, style: String, _ body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escaped(title))</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        <main>
        \(body)
        </main>
        </body>
        </html>

        """
    }
}
