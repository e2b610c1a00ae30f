internal import Text

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
        return "\(time) \(level) \(Self.oneLine(message))\(pairs.joined())"
    }

    /// An object with `time`, `level`, `message` and the fields.
    var json: String {
        let all = [("time", time), ("level", level), ("message", message)] + fields
        let members = all.map { "\(Self.quoted($0)):\(Self.quoted($1))" }
        return "{\(members.joined(separator: ","))}"
    }

    /// What a terminal or a reader of lines would act upon is escaped.
    private static func oneLine(_ text: String) -> String {
        if !text.utf8.contains(where: \.isASCIIControl) { return text }
        return text.unicodeScalars.map {
            $0.value < 0x20 || $0.value == 0x7f ? escaped($0) : "\($0)"
        }
        .joined()
    }

    private static func escaped(_ control: Unicode.Scalar) -> String {
        switch control {
        case "\n": return "\\n"
        case "\t": return "\\t"
        default:
            let hex = String(control.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
        }
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
            case let control where control.value < 0x20 || control.value == 0x7f:
                result += escaped(control)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
