internal import Text

/// Numbers, dates and times by their spelling.
extension TOMLScanner {
    static func integer(_ word: String) -> TOMLValue? {
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.begins(with: prefix) {
            return digits(word.removing(prefix: prefix) ?? "", radix)
                .flatMap { Int64($0, radix: radix) }
                .map(TOMLValue.integer)
        }
        guard let digits = digits(unsigned(word), 10), isPlain(digits) else { return nil }
        return Int64((word.begins(with: "-") ? "-" : "") + digits).map(TOMLValue.integer)
    }

    static func float(_ word: String) -> TOMLValue? {
        let sign: Double = word.begins(with: "-") ? -1 : 1
        switch unsigned(word) {
        case "inf": return .number(sign * .infinity)
        case "nan": return .number(.nan)
        case let text: return magnitude(text).map { .number(sign * $0) }
        }
    }

    /// `1.5`, `1e6`, `1.5e-6`: digits on both sides of the point.
    private static func magnitude(_ text: Substring) -> Double? {
        let halves = text.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereByte: { "eE".utf8.contains($0) })
        let parts = halves[0].split(at: ".", omittingEmptySubsequences: false)
        guard let whole = digits(parts[0], 10), isPlain(whole), parts.count <= 2,
            parts.count + halves.count > 2
        else { return nil }
        var number = whole
        if parts.count == 2 {
            guard let fraction = digits(parts[1], 10) else { return nil }
            number += "." + fraction
        }
        if halves.count == 2 {
            guard let exponent = digits(unsigned(halves[1]), 10) else { return nil }
            number += halves[1].begins(with: "-") ? "e-\(exponent)" : "e\(exponent)"
        }
        return Double(number)
    }

    private static func unsigned(_ text: some StringProtocol) -> Substring {
        let text = Substring(text)
        return text.removing(prefix: "-") ?? text.removing(prefix: "+") ?? text
    }

    /// No zero in front.
    private static func isPlain(_ digits: String) -> Bool {
        digits == "0" || !digits.begins(with: "0")
    }

    /// The digits without the underscores, each of which stands between two of them.
    private static func digits(_ text: Substring, _ radix: Int) -> String? {
        let groups = text.split(at: "_", omittingEmptySubsequences: false)
        let areDigits = groups.allSatisfy { group in
            !group.isEmpty
                && group.utf8.allSatisfy {
                    $0.isHexDigit && Int64(String(UnicodeScalar($0)), radix: radix) != nil
                }
        }
        return areDigits ? groups.joined() : nil
    }

    /// RFC 3339, whole or its date or its time alone, by its shape.
    static func isTime(_ word: String) -> Bool {
        let zero = UInt8(ascii: "0")
        var shape = String(
            decoding: word.utf8.map { $0.isASCIIDigit ? zero : $0 }, as: UTF8.self)
        if let (whole, fraction) = shape.cut(at: ".") {
            let digits = fraction.head { $0 == zero }
            if digits.isEmpty { return false }
            shape = String(whole + fraction[digits.endIndex...])
        }
        if shape == "00:00:00" || shape == "0000-00-00" { return true }
        let separated = ["T", "t", " "].map { "0000-00-00\($0)00:00:00" }
        return separated.contains { moment in
            ["", "Z", "z", "+00:00", "-00:00"].contains { shape == moment + $0 }
        }
    }
}
