/// One line of the log.
struct LogLine {
    let time: String
    let level: String
    let message: String
    /// Name and value, in the order in which they are printed.
    let fields: [(String, String)]

    /// `TIME LEVEL MESSAGE key=value …`; a value with blanks or quotes is quoted.
    var text: String {
        let pairs = fields.map { " \($0)=\(Self.isPlain($1) ? $1 : Self.quoted($1))" }
        // A message of several lines would look like several events.
        return "\(time) \(level) \(message.replacing("\n", with: "\\n"))\(pairs.joined())"
    }

    /// An object with `time`, `level`, `message` and the fields.
    var json: String {
        let all = [("time", time), ("level", level), ("message", message)] + fields
        let members = all.map { "\(Self.quoted($0)):\(Self.quoted($1))" }
        return "{\(members.joined(separator: ","))}"
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7f }
    }

    /// A JSON string (RFC 8259, section 7).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case let control where control.value < 0x20:
                let hex = String(control.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
