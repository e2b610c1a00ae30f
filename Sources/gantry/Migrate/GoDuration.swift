internal import Text

/// Go's notation of durations (time.ParseDuration), such as `4h0m0s`.
enum GoDuration {
    private static let units: [String: Double] = [
        "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9,
    ]

    /// Whole seconds, rounded up; nil for what is no duration.
    static func seconds(_ text: String) -> Int? {
        var rest = text[...]
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.head { $0.isASCIIDigit || $0 == UInt8(ascii: ".") }
            rest = rest[digits.endIndex...]
            let name = rest.head { !$0.isASCIIDigit && $0 != UInt8(ascii: ".") }
            rest = rest[name.endIndex...]
            guard let number = Double(digits), let unit = units[String(name)] else { return nil }
            sum += number * unit
        }
        guard !text.isEmpty, sum < 1e12 else { return nil }
        return Int(sum.rounded(.up))
    }
}
