internal import Glibc
internal import TOML
internal import Text

/// What becomes of a key of another runtime's configuration.
struct MigrationRule: Sendable {
    indirect enum Action: Sendable {
        /// A key of gantry.toml of that type.
        case text(String)
        case list(String)
        case number(String)
        /// From a duration in Go's notation.
        case seconds(String)
        case flag(String)
        case negated(String)
        /// From paths that are separated by colons.
        case paths(String)
        /// A word for each of the other's words.
        case word(String, [String: String])
        /// Of a million, from a share of one.
        case share(String)
        /// From other keys, where this one is true.
        case made(String, @Sendable (Migration) -> String?)
        /// Only when another key is true.
        case when(String, Action)
        case each([Action])
        /// Nothing is written, since Gantry does it otherwise.
        case otherwise(String)
        /// Nothing stands for it, as for a key of which there is no rule.
        case missing
        /// It is of no concern here.
        case none
    }

    /// `*` stands for any one name at its place; a last one for all below.
    let path: [String]
    let action: Action

    init(_ path: String, _ action: Action) {
        self.path = path.split(at: "/").map(String.init)
        self.action = action
    }

    func matches(_ other: [String]) -> Bool {
        guard path.count == other.count || (path.last == "*" && other.count > path.count) else {
            return false
        }
        return zip(path, other).allSatisfy { $0 == "*" || $0 == $1 }
    }
}

extension MigrationRule.Action {
    /// Key and value as they are written; nil when the value is of another type.
    func line(_ leaf: TOMLLeaf, _ migration: Migration) -> (key: String, value: String)? {
        switch self {
        case .text(let key): leaf.string.map { (key, TOMLText.quoted($0)) }
        case .list(let key): leaf.strings.map { (key, TOMLText.list($0)) }
        case .paths(let key):
            leaf.string.map { (key, TOMLText.list($0.split(at: ":").map(String.init))) }
        case .number(let key):
            (leaf.integer ?? leaf.string.flatMap { Int($0) }).map { (key, "\($0)") }
        case .seconds(let key):
            (leaf.integer ?? leaf.string.flatMap(GoDuration.seconds)).map { (key, "\($0)") }
        case .flag(let key): leaf.bool.map { (key, "\($0)") }
        case .negated(let key): leaf.bool.map { (key, "\(!$0)") }
        case .word(let key, let words):
            leaf.string.flatMap { words[$0] }.map { (key, TOMLText.quoted($0)) }
        case .share(let key):
            leaf.number.flatMap { (0...1).contains($0) ? $0 : nil }
                .map { (key, "\(Int(($0 * 1e6).rounded()))") }
        case .made(let key, let value): value(migration).map { (key, TOMLText.quoted($0)) }
        case .when, .each, .otherwise, .missing, .none: nil
        }
    }

    /// Whether even a value that says nothing, such as 0, decides something here.
    var countsWhenEmpty: Bool {
        switch self {
        case .when(_, let action): action.countsWhenEmpty
        case .number, .share: true
        default: false
        }
    }
}
