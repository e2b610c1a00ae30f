/// Values and keys as they are written (TOML 1.0), so that reading gives back the same.
public enum TOMLText {
    /// A basic string: what has a meaning in it, and control characters, are escaped.
    public static func quoted(_ text: String) -> String {
        "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    public static func list(_ texts: [String]) -> String {
        "[" + texts.map(quoted).joined(separator: ", ") + "]"
    }

    /// A bare key where its characters allow that.
    public static func key(_ name: String) -> String {
        let isBare = name.utf8.allSatisfy {
            TOMLScanner.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
        return isBare && !name.isEmpty ? name : quoted(name)
    }

    /// For comments and messages: control characters are escaped, so that it stays on its line.
    public static func plain(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            return isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }.joined()
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f:
            let hex = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
        default: return String(scalar)
        }
    }
}
