/// Text as a key: equal to what has the same bytes, and to nothing else.
///
/// A String is equal to all that is canonically equivalent, so paths, users or variables that the
/// kernel tells apart would be one entry of a Set or a Dictionary.
public struct ExactText: Hashable, Comparable, Sendable {
    public let text: String

    public init(_ text: some StringProtocol) { self.text = String(text) }

    public static func == (one: Self, other: Self) -> Bool { one.text.isSame(as: other.text) }

    public static func < (one: Self, other: Self) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8.max)
    }
}

extension ExactText: ExpressibleByStringLiteral, CustomStringConvertible {
    public init(stringLiteral value: String) { text = value }
    public var description: String { text }
}

extension StringProtocol {
    /// Whether both have the same bytes.
    public func isSame(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}

extension Sequence where Element: StringProtocol {
    /// Whether one of them has the same bytes.
    public func has(same text: some StringProtocol) -> Bool {
        contains { $0.isSame(as: text) }
    }
}
