internal import Model

/// How the fields of a message look as JSON: under the contract's own names, zero values included.
extension JSONValue {
    init(scalar: some Sendable) {
        switch scalar {
        case let value as String: self = .string(value)
        case let value as Bool: self = .bool(value)
        case let value as any BinaryInteger: self = .integer(Int64(truncatingIfNeeded: value))
        case let value as Double: self = .number(value)
        case let value as [UInt8]: self = .string(String(decoding: value, as: UTF8.self))
        default: self = .null
        }
    }

    init(field: some Sendable) {
        self.init(scalar: field)
    }

    init(name: some Sendable) {
        self = .string(String(describing: name))
    }

    init(list: [JSONValue]) {
        self = .array(list)
    }

    init(map: [String: String]) {
        self = .object(map.mapValues { .string($0) })
    }
}
