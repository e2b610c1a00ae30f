internal import Kernel
internal import Model

/// A pull under way as text: a line with a bar for each layer that was not here before.
struct PullBars {
    private static let width = 30
    private let missing: [PulledLayer]
    private let present: Int

    init(_ pull: PullUnderWay) {
        missing = pull.layers.filter { $0.state != "present" }
        present = pull.layers.count - missing.count
    }

    var lines: [String] { missing.map(Self.line) }

    private static func line(_ layer: PulledLayer) -> String {
        let part = layer.size == 0 ? 1 : Double(layer.received) / Double(layer.size)
        let full = min(Self.width, Int(clamping: part * Double(Self.width)))
        let bar = String(repeating: "#", count: full)
        let rest = String(repeating: ".", count: Self.width - full)
        let id = layer.digest.drop { $0 != ":" }.dropFirst().prefix(12)
        return "\(id) [\(bar)\(rest)] \(note(layer))"
    }

    private static func note(_ layer: PulledLayer) -> String {
        let sizes = "\(ImageTable.size(layer.received)) of \(ImageTable.size(layer.size))"
        return switch layer.state {
        case "waiting": "\(ImageTable.size(layer.size)), waiting"
        case "shared": "\(sizes), by another pull"
        case "done": "\(ImageTable.size(layer.size)), done"
        default: sizes
        }
    }

    /// All layers in one sentence.
    var summary: String {
        let (received, size) = (missing.map(\.received).total, missing.map(\.size).total)
        let done = missing.count { $0.state == "done" }
        let here = present == 0 ? "" : "; \(present) here already"
        return "\(ImageTable.size(received)) of \(ImageTable.size(size)), "
            + "\(done) of \(missing.count) layers\(here)"
    }

    /// What draws them over `drawn` lines that stand above the cursor (ECMA-48: CUU, EL, ED).
    func text(over drawn: Int) -> String {
        let up = drawn > 0 ? "\u{1b}[\(drawn)A" : ""
        return up + lines.map { "\u{1b}[2K\($0)\n" }.joined() + "\u{1b}[J"
    }
}
