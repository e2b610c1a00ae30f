internal import ImageTree
internal import Kernel

/// Finds a file in layers as overlay shows them together.
struct FileFinder {
    /// The uppermost first.
    let layers: [LayerView]

    struct Found: ~Copyable {
        let directory: Descriptor
        /// Ends in a zero.
        let leaf: [CChar]
        let existing: Existing
    }

    /// What stands under a name; a symbolic link is found and one in the middle of the name followed.
    /// - Returns: nil when nothing does.
    func find(_ name: EntryName) throws -> Found? {
        var name = name
        for _ in 0...UnpackedLayer.mostLinks {
            switch try look(for: name) {
            case .found(let found): return found
            case .elsewhere(let actual): name = actual
            case .nothing: return nil
            }
        }
        return nil
    }

    private enum Answer: ~Copyable {
        case found(Found)
        case elsewhere(EntryName)
        case nothing
    }

    private func look(for name: EntryName) throws -> Answer {
        let leaf = name.leaf
        for layer in layers {
            switch try layer.look(for: name.parent) {
            case .link(let actual, _): return .elsewhere(actual.appending(leaf.dropLast()))
            case .hidden: return .nothing
            case .absent: continue
            case .directory(let directory, let isCut):
                if let there = try Existing(leaf, in: directory.raw) {
                    if there.isWhiteout { return .nothing }
                    return .found(Found(directory: directory, leaf: leaf, existing: there))
                }
                if isCut || layer.isOpaque(directory.raw) { return .nothing }
            }
        }
        return .nothing
    }
}
