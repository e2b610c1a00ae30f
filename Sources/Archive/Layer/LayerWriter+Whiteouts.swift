internal import CLinux
internal import Glibc
internal import ImageTree
internal import Kernel
internal import Model

extension LayerWriter {
    func write(_ whiteout: Whiteout, _ name: EntryName) throws {
        switch whiteout {
        case .opaque: try markOpaque(name.parent)
        case .of(let leaf): try hide(name.parent.appending(leaf), leaf, name)
        case .bookkeeping: break
        }
    }

    /// A whiteout speaks of the layers below: what this layer itself has under the name stays, and
    /// is then all that shows.
    private func hide(_ hidden: EntryName, _ leaf: [CChar], _ name: EntryName) throws {
        guard leaf.count > 1, leaf != [46, 0], leaf != [46, 46, 0] else {
            throw GantryError(.invalidArgument, "\(name) is not the name of a whiteout")
        }
        let parent = try parents.directory(of: name)
        if let there = try Existing(leaf, in: parent) {
            if there.isDirectory { try markOpaque(hidden) }
            return
        }
        try syscall("mknod", name.description) { mknodat(parent, leaf, S_IFCHR, 0) }
        count()
    }

    func markOpaque(_ directory: EntryName) throws {
        let raw = try parents.directory(of: directory.appending([120]))
        try attributes.markOpaque(raw, directory)
    }
}
