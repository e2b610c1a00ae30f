/// A value of a TOML document (toml.io, version 1.0.0).
indirect enum TOMLValue: Hashable, Sendable {
    case string(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    /// A date or a time, as it is written: nothing that Gantry reads has one.
    case time(String)
    case array([TOMLValue])
    case table(TOMLTable)
}

/// Keys with their values, in the order in which they came.
struct TOMLTable: Hashable, Sendable {
    private(set) var keys: [String] = []
    private var members: [String: TOMLValue] = [:]

    subscript(key: String) -> TOMLValue? { members[key] }

    mutating func set(_ key: String, _ value: TOMLValue) {
        if members.updateValue(value, forKey: key) == nil { keys.append(key) }
    }
}

extension TOMLValue {
    var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    var bool: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    var integer: Int? {
        if case .integer(let value) = self { return Int(value) }
        return nil
    }

    var array: [TOMLValue]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    var table: TOMLTable? {
        if case .table(let table) = self { return table }
        return nil
    }
}
