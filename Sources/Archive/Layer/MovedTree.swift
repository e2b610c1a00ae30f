internal import CLinux
internal import Glibc
internal import ImageTree
internal import Kernel
internal import Model
internal import System

/// Moves what is in one directory of a layer into another one. Directories on both sides become one; of
/// anything else the one that moves stays.
struct MovedTree {
    let parents: Parents
    let contents: ContentSum

    /// Directories on both sides, by their names: a stack of descriptors would have no bound.
    private typealias Pair = (source: EntryName, target: EntryName)

    func move(_ source: EntryName, to target: EntryName, _ isCancelled: () -> Bool) throws {
        var emptied: [EntryName] = []
        var pairs: [Pair] = [(source, target)]
        while let pair = pairs.popLast() {
            emptied.append(pair.source)
            try moveChildren(of: pair, isCancelled) { pairs.append($0) }
        }
        for name in emptied.reversed() {
            let parent = try parents.directory(of: name)
            try syscall("rmdir", name.description) { unlinkat(parent, name.leaf, AT_REMOVEDIR) }
        }
    }

    private func moveChildren(
        of pair: Pair, _ isCancelled: () -> Bool, _ isPair: (Pair) -> Void
    ) throws {
        let flags = O_RDONLY | GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW
        guard let directory = try parents.existing(pair.source, flags) else { return }
        let names = try DirectoryNames(directory)
        while let leaf = names.next() {
            if isCancelled() { throw CancellationError() }
            let name = pair.target.appending(leaf.dropLast())
            let target = try parents.directory(of: name)
            if let there = try Existing(leaf, in: target) {
                if there.isDirectory, try Existing(leaf, in: directory.raw)?.isDirectory == true {
                    isPair((pair.source.appending(leaf.dropLast()), name))
                    continue
                }
                contents.invalidate()
                try Trees.removeNow(leaf, in: target)
            }
            try syscall("rename", name.description) { renameat(directory.raw, leaf, target, leaf) }
        }
    }
}
