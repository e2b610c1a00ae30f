internal import TOML
internal import Text

extension Migration {
    /// The file: each line below where it came from.
    var text: String {
        var parts = ["# Made by gantry migrate --from \(source.rawValue).\n"]
        parts += lines.map(Self.text)
        for (name, lines) in handlers where lines.contains(where: { $0.key == "path" }) {
            parts.append("[runtimes.\(TOMLText.key(name))]\n" + lines.map(Self.text).joined())
        }
        return parts.joined(separator: "\n")
    }

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
