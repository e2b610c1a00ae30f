internal import Model

/// A pull under way as text: a line with a bar for each layer.
struct PullBars {
    private static let width = 30
    let lines: [String]

    init(_ pull: PullUnderWay) {
        lines = pull.layers.map { layer in
            let part = layer.size == 0 ? 1 : Double(layer.received) / Double(layer.size)
            let full = min(Self.width, Int(part * Double(Self.width)))
            let bar = String(repeating: "#", count: full)
            let rest = String(repeating: ".", count: Self.width - full)
            let id = layer.digest.drop { $0 != ":" }.dropFirst().prefix(12)
            let sizes = "\(ImageTable.size(layer.received)) of \(ImageTable.size(layer.size))"
            return "\(id) [\(bar)\(rest)] \(sizes)"
        }
    }

    /// What draws them over `drawn` lines that stand above the cursor (ECMA-48: CUU, EL).
    func text(over drawn: Int) -> String {
        let up = drawn > 0 ? "\u{1b}[\(drawn)A" : ""
        return up + lines.map { "\u{1b}[2K\($0)\n" }.joined()
    }
}
