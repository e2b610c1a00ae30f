internal import Text

/// Which trace a call belongs to, as its caller says (W3C Trace Context, `traceparent`).
public struct TraceParent: Hashable, Sendable {
    /// 32 hexadecimal digits, not all zeros.
    public let trace: String
    /// 16 of them: the span above; nil where the trace begins here.
    public let span: String?
    public let isSampled: Bool

    init(trace: String, span: String?, isSampled: Bool) {
        self.trace = trace
        self.span = span
        self.isSampled = isSampled
    }

    /// Nil for what is none: then it counts as if it were not there.
    public init?(_ text: String) {
        let parts = text.split(at: "-", omittingEmptySubsequences: false).map(String.init)
        var rest = parts.makeIterator()
        guard let version = rest.next(), let trace = rest.next(), let span = rest.next(),
            let digits = rest.next(), Self.isHex(version, 2), version != "ff",
            version != "00" || parts.count == 4, Self.isID(trace, 32), Self.isID(span, 16),
            Self.isHex(digits, 2), let flags = UInt8(digits, radix: 16)
        else { return nil }
        self.init(trace: trace, span: span, isSampled: flags & 1 == 1)
    }

    private static func isID(_ text: String, _ count: Int) -> Bool {
        isHex(text, count) && text.utf8.contains { $0 != UInt8(ascii: "0") }
    }

    /// Lower case alone.
    private static func isHex(_ text: String, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// A number as so many hexadecimal digits.
    static func digits(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    /// An ID that no other span has.
    public static func freshSpan() -> String { digits(UInt64.random(in: 1 ... .max)) }
}

/// Which traces are exported.
public struct TraceSampling: Sendable {
    private let perMillion: Int

    public init(perMillion: Int) {
        self.perMillion = perMillion
    }

    /// Of a trace that the caller has begun it decides; of others chance does.
    /// - Returns: nil for one that is not exported.
    func context(for parent: TraceParent?) -> TraceParent? {
        if let parent { return parent.isSampled ? parent : nil }
        guard Int.random(in: 0..<1_000_000) < perMillion else { return nil }
        let trace = TraceParent.freshSpan() + TraceParent.freshSpan()
        return TraceParent(trace: trace, span: nil, isSampled: true)
    }
}
