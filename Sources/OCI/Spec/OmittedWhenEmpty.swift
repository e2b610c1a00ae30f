/// A value that is written always, and is empty where it is missing.
///
/// Programs that change a bundle's spec before they use it (gVisor's shim, NVIDIA's runtime) write it
/// without what is empty, which the specification allows for all that is not "REQUIRED" in it.
@propertyWrapper
public struct OmittedWhenEmpty<Value: EmptyValue & Sendable>: Codable, Hashable, Sendable {
    public var wrappedValue: Value

    public init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    public init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode(Value.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

/// What has a value that means nothing.
public protocol EmptyValue: Codable, Hashable {
    static var empty: Self { get }
}

extension Bool: EmptyValue {
    public static var empty: Bool { false }
}

extension Array: EmptyValue where Element: Codable & Hashable {
    public static var empty: [Element] { [] }
}

extension Dictionary: EmptyValue where Key: Codable & Hashable, Value: Codable & Hashable {
    public static var empty: [Key: Value] { [:] }
}

// What the compiler makes of a type's properties finds these before the general ones.
extension KeyedDecodingContainer {
    func decode<Value>(
        _: OmittedWhenEmpty<Value>.Type, forKey key: Key
    ) throws -> OmittedWhenEmpty<Value> {
        OmittedWhenEmpty(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? .empty)
    }
}

extension KeyedEncodingContainer {
    mutating func encode<Value>(_ value: OmittedWhenEmpty<Value>, forKey key: Key) throws {
        try encode(value.wrappedValue, forKey: key)
    }
}
