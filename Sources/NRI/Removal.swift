/// Entries that plugins set and remove by a key; a dash before the key removes.
///
/// Keys are compared as bytes: what follows the dash may be a combining character.
protocol Keyed: Sendable {
    var entryKey: String { get set }
}

extension Mount: Keyed {
    var entryKey: String {
        get { destination }
        set { destination = newValue }
    }
}

extension KeyValue: Keyed {
    var entryKey: String {
        get { key }
        set { key = newValue }
    }
}

extension LinuxDevice: Keyed {
    var entryKey: String {
        get { path }
        set { path = newValue }
    }
}

extension LinuxNamespace: Keyed {
    var entryKey: String {
        get { type }
        set { type = newValue }
    }
}

extension NetDeviceEntry: Keyed {
    var entryKey: String {
        get { key }
        set { key = newValue }
    }
}

extension String {
    /// The key that this one removes; nil when it sets.
    public var removedKey: String? {
        utf8.first == UInt8(ascii: "-") ? String(decoding: utf8.dropFirst(), as: UTF8.self) : nil
    }

    func isSame(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension [String: String] {
    /// In the order of the keys, so that results do not depend on chance.
    var entries: [KeyValue] {
        sorted { $0.key < $1.key }.map { KeyValue(key: $0.key, value: $0.value) }
    }

    init(_ entries: [KeyValue]) {
        self.init(entries.map { ($0.key, $0.value) }) { $1 }
    }
}

extension [String] {
    /// `NAME=VALUE` taken apart.
    var variables: [KeyValue] {
        map { entry in
            let name = entry.utf8.prefix { $0 != UInt8(ascii: "=") }
            return KeyValue(
                key: String(decoding: name, as: UTF8.self),
                value: String(decoding: entry.utf8.dropFirst(name.count + 1), as: UTF8.self))
        }
    }

    init(variables: [KeyValue]) {
        self = variables.map { "\($0.key)=\($0.value)" }
    }
}
