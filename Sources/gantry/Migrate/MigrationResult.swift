internal import TOML
internal import Text

/// Lines of gantry.toml, each with where it came from, and what nobody could translate.
struct MigrationResult {
    struct Line {
        let key: String
        let value: String
        let source: String
    }

    let source: MigrationSource
    private(set) var lines: [Line] = []
    private(set) var handlers: [MigratedHandler] = []
    /// hosts.toml of single registries.
    private(set) var registries: [MigratedRegistry] = []
    /// Gantry does these otherwise, or does not need them.
    private(set) var different: [String] = []
    /// Nothing stands for these.
    private(set) var missing: [String] = []

    init(_ migration: Migration) {
        source = migration.source
        let rules = source.rules
        var ofHandlers = MigratedHandler.Keys(source)
        var ofRegistries = MigratedRegistry.Keys()
        for found in migration.found {
            let path = found.leaf.path
            if ofHandlers.take(found) || ofRegistries.take(found) { continue }
            let action = rules.first { $0.matches(path) }?.action ?? .missing
            read(found, action, migration)
        }
        for (name, keys) in ofHandlers.all { add(MigratedHandler(name, keys, migration)) }
        registries = ofRegistries.registries
        missing += ofRegistries.missing
        different = Self.once(different)
        missing = Self.once(missing)
    }

    private mutating func read(
        _ found: Migration.Found, _ action: MigrationRule.Action, _ migration: Migration
    ) {
        let leaf = found.leaf
        if leaf.isEmpty, !action.countsWhenEmpty { return }
        switch action {
        case .none: return
        case .otherwise(let why): different.append("\(leaf.text): \(why)")
        case .missing: missing.append(found.text)
        case .when(let flag, let action):
            if migration[flag]?.bool == true { read(found, action, migration) }
        case .each(let actions):
            for action in actions { read(found, action, migration) }
        default:
            guard let (key, value) = action.line(leaf, migration) else {
                return missing.append(found.text)
            }
            put(Line(key: key, value: value, source: found.text))
        }
    }

    private mutating func put(_ line: Line) {
        if let refusal = Self.refusal(of: "\(line.key) = \(line.value)") {
            return missing.append("\(line.source): \(refusal)")
        }
        lines.removeAll { $0.key == line.key }
        lines.append(line)
    }

    private mutating func add(_ handler: MigratedHandler) {
        handlers.append(handler)
        missing += handler.missing
        for line in handler.nodeLines where !lines.contains(where: { $0.key == line.key }) {
            put(line)
        }
    }

    /// What the daemon would say of it; nil when it takes it.
    static func refusal(of text: String) -> String? {
        do {
            _ = try Configuration.read(text, as: "gantry.toml")
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func once(_ texts: [String]) -> [String] {
        var known: Set<String> = []
        return texts.filter { known.insert($0).inserted }
    }
}
