internal import TOML
internal import Text

/// What becomes of a key of another runtime's configuration.
struct MigrationRule {
    enum Action {
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
        /// True for the first, false for the second.
        case choice(String, String, String)
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
    func line(_ leaf: TOMLLeaf) -> (key: String, value: String)? {
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
        case .choice(let key, let yes, let no):
            leaf.bool.map { (key, TOMLText.quoted($0 ? yes : no)) }
        case .otherwise, .missing, .none: nil
        }
    }

    /// Whether even a value that says nothing, such as false, decides something here.
    var countsWhenEmpty: Bool {
        if case .choice = self { return true }
        return false
    }
}
