internal import Model

/// Which plugin set which field of which container. Two that set the same are a conflict.
struct Ownership: Sendable {
    /// An entry of a field that is a list or a map has a key: bytes, since the kernel compares such.
    struct Place: Hashable, Sendable {
        let container: String
        let field: Field
        let key: [UInt8]?
    }

    private struct Owner: Sendable {
        var plugin: String
        /// Whether it has removed what was there, and may set it again.
        var isClearing = false
    }

    private var owners: [Place: Owner] = [:]

    /// - Throws: `failedPrecondition` that names both plugins and the field.
    mutating func claim(
        _ container: String, _ field: Field, _ key: String? = nil, by plugin: String
    ) throws {
        let place = Place(container: container, field: field, key: key.map { Array($0.utf8) })
        if let other = owners[place], !(other.isClearing && other.plugin == plugin) {
            let entry = key.map { " \"\($0)\"" } ?? ""
            throw GantryError(
                .failedPrecondition,
                "plugins \"\(other.plugin)\" and \"\(plugin)\" both set \(field)\(entry) of "
                    + "container \(container)")
        }
        owners[place] = Owner(plugin: plugin)
    }

    /// The plugin takes away what others have set.
    mutating func clear(
        _ container: String, _ field: Field, _ key: String? = nil, by plugin: String
    ) {
        let place = Place(container: container, field: field, key: key.map { Array($0.utf8) })
        owners[place] = Owner(plugin: plugin, isClearing: true)
    }

    /// Of a field that takes what every plugin adds: all of them own it.
    mutating func share(_ container: String, _ field: Field, _ plugin: String) {
        let place = Place(container: container, field: field, key: nil)
        let others = owners[place].map { "\($0.plugin)," } ?? ""
        owners[place] = Owner(plugin: others + plugin)
    }

    /// As validators are told it.
    var message: OwningPlugins {
        let containers = Dictionary(grouping: owners, by: \.key.container)
        return OwningPlugins(
            owners: containers.sorted { $0.key < $1.key }.map { container, owners in
                OwnersEntry(key: container, value: Self.fields(owners.map { ($0.key, $0.value) }))
            })
    }

    private static func fields(_ owners: [(Place, Owner)]) -> FieldOwners {
        var result = FieldOwners()
        var compound: [Field: CompoundFieldOwners] = [:]
        for (place, owner) in owners {
            let name = owner.isClearing ? "-\(owner.plugin)" : owner.plugin
            if let key = place.key {
                let text = String(decoding: key, as: UTF8.self)
                compound[place.field, default: .init()].owners[text] = name
            } else {
                result.simple.append(.init(key: place.field.rawValue, value: name))
            }
        }
        result.simple.sort { $0.key < $1.key }
        result.compound = compound.map { .init(key: $0.rawValue, value: $1) }.sorted {
            $0.key < $1.key
        }
        return result
    }
}
