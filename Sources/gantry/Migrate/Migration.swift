internal import TOML
internal import Text

/// What another runtime's configuration says: a value for each key, with the file that it came from.
struct Migration {
    struct Found {
        let leaf: TOMLLeaf
        let file: String

        /// For people and comments.
        var text: String { "\(TOMLText.plain(file)): \(leaf.text)" }
    }

    let source: MigrationSource
    private var values: [[String]: Found] = [:]
    private var order: [[String]] = []

    init(from source: MigrationSource) {
        self.source = source
    }

    /// In the order in which they came.
    var found: [Found] { order.compactMap { values[$0] } }

    /// The value of a key such as `crio/metrics/metrics_host`.
    subscript(path: String) -> TOMLLeaf? {
        values[path.split(at: "/").map(String.init)]?.leaf
    }

    /// A later file replaces what an earlier one has said.
    mutating func read(_ section: TOMLSection, _ file: String) {
        for leaf in section.leaves {
            let found = Found(leaf: leaf, file: file)
            if values.updateValue(found, forKey: leaf.path) == nil { order.append(leaf.path) }
        }
    }
}
