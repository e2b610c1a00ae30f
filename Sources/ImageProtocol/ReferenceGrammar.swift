internal import Text

/// The words of distribution's reference grammar
/// (github.com/distribution/reference, reference.go and normalize.go).
public enum ReferenceGrammar {
    /// path-component ["/" path-component]*; a component is runs of `[a-z0-9]` with one of
    /// `.`, `_`, `__`, `-…` between two of them.
    static func isPath(_ text: String) -> Bool {
        text.split(at: "/", omittingEmptySubsequences: false).allSatisfy(isComponent)
    }

    private static func isComponent(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last,
            isLowerOrDigit(first), isLowerOrDigit(last)
        else { return false }
        return text.utf8.split(whereSeparator: isLowerOrDigit).allSatisfy { separator in
            let separator = Array(separator)
            return separator == [UInt8(ascii: ".")] || separator == [UInt8(ascii: "_")]
                || separator == Array("__".utf8) || separator.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    /// A letter, digit or `_`, then up to 127 of those or `.` or `-`.
    public static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        let isWord = { (byte: UInt8) in isAlphanumeric(byte) || byte == UInt8(ascii: "_") }
        return isWord(first)
            && text.utf8.allSatisfy {
                isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }

    /// A DNS name, an IPv4 address or `[IPv6]`, with or without a port.
    static func isDomain(_ text: String) -> Bool {
        if text.begins(with: "[") {
            guard let (bracketed, rest) = text.cut(at: "]") else { return false }
            let address = bracketed.utf8.dropFirst()
            return !address.isEmpty
                && address.allSatisfy { isHex($0) || $0 == UInt8(ascii: ":") }
                && (rest.isEmpty || rest.removing(prefix: ":").map(isPort) ?? false)
        }
        let parts = text.split(at: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let labels = parts[0].split(at: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy(isLabel) && (parts.count == 1 || isPort(parts[1]))
    }

    private static func isLabel(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isPort(_ text: Substring) -> Bool {
        UInt16(text) != nil && text.isDecimal
    }

    /// 64 hex digits are an image ID and never a name.
    public static func isID(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy(isHex)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        isDigit(byte) || (97...102).contains(byte) || (65...70).contains(byte)
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (97...122).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerOrDigit(byte) || (65...90).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte)
    }
}
