internal import TOML
internal import Text

extension MigrationResult {
    /// The file: each line below where it came from.
    var text: String {
        var parts = ["\(Self.mark) --from \(source.rawValue).\n"]
        parts += lines.map(Self.text)
        for handler in handlers where handler.hasPath {
            let title = "[runtimes.\(TOMLText.key(handler.name))]\n"
            parts.append(title + handler.lines.map(Self.text).joined())
        }
        return parts.joined(separator: "\n")
    }

    /// How a file begins that was made here.
    static let mark = "# Made by gantry migrate"

    private static func text(_ line: Line) -> String {
        "# \(line.source)\n\(line.key) = \(line.value)\n"
    }

    /// What the administrator has to know besides.
    var report: String {
        Self.list("Different with Gantry:", different)
            + Self.list("Without a counterpart, to be looked at:", missing)
    }

    private static func list(_ title: String, _ entries: [String]) -> String {
        entries.isEmpty ? "" : "\(title)\n" + entries.map { "  \($0)\n" }.joined()
    }
}
