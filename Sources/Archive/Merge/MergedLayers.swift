public import EROFS
internal import CLinux
internal import Glibc
public import ImageProtocol
internal import ImageTree
public import Model

/// An image's layers put together into one tree of files: whiteouts, opaque directories, hard links,
/// replaced kinds and missing parents are settled, and nothing of them is left in it.
public struct MergedLayers {
    private var tree: FileTree
    private let root: Int
    private let limits: LayerLimits

    public init(limits: LayerLimits = LayerLimits()) throws(GantryError) {
        self.limits = limits
        tree = FileTree(memory: limits.index)
        root = try tree.makeDirectory()
    }

    /// Lays one more layer on top.
    /// - Parameters:
    ///   - next: the layer's entries in their order, nil at their end.
    ///   - isCancelled: asked again and again.
    /// - Throws: `GantryError`: `invalidArgument` for what no container could use, `resourceExhausted`
    ///   beyond the limits; `CancellationError`; what `next` throws. No layer can be added then.
    mutating func add(
        _ isCancelled: () -> Bool = { false }, _ next: () throws -> LayerMember?
    ) throws {
        var layer = try LayerTree(tree, limits)
        tree = FileTree(memory: 0)
        while let member = try next() {
            if isCancelled() { throw CancellationError() }
            try layer.add(member)
        }
        try layer.fit(onto: root, isCancelled)
        if layer.hasLinksBelow { try layer.completeLinks(over: root) }
        tree = layer.tree
        try overlay(layer.root)
    }

    /// As overlay shows two directories as one (the kernel's Documentation/filesystems/overlayfs.rst).
    private mutating func overlay(_ layer: Int) throws {
        // Without a directory below, only the whiteouts go.
        var pairs: [(own: Int, below: Int?)] = [(layer, root)]
        if tree[layer].isOpaque { tree.removeChildren(of: root) }
        while let (own, below) = pairs.popLast() {
            if let below { tree[below].attributes = tree[own].attributes }
            for (name, child) in tree.children(own) {
                if case .whiteout = tree[child].kind {
                    try tree.setChild(name, of: below ?? own, to: nil)
                    continue
                }
                let there = below.flatMap { tree.child(name, of: $0) }
                if tree.isDirectory(child) {
                    let isMerged =
                        there.map { tree.isDirectory($0) } == true && !tree[child].isOpaque
                    pairs.append((child, isMerged ? there : nil))
                    if isMerged { continue }
                }
                if let below { try tree.setChild(name, of: below, to: child) }
            }
        }
    }

    /// The tree as `EROFS` takes it: the root first, and all names in their order.
    public func inodes() -> [Inode] {
        var inodes: [Inode] = [inode(root)]
        var numbers: [Int: Int] = [root: 0]
        var order = [root]
        var next = 0
        while next < order.count {
            let directory = order[next]
            defer { next += 1 }
            guard tree.isDirectory(directory) else { continue }
            var entries: [DirectoryEntry] = []
            let names = tree.children(directory).sorted {
                $0.key.lexicographicallyPrecedes($1.key)
            }
            for (name, child) in names {
                if numbers[child] == nil {
                    numbers[child] = order.count
                    order.append(child)
                    inodes.append(inode(child))
                }
                entries.append(DirectoryEntry(name: name, inode: numbers[child] ?? 0))
            }
            inodes[next].content = .directory(entries)
        }
        return inodes
    }

    private func inode(_ file: Int) -> Inode {
        let attributes = tree[file].attributes
        var inode = Inode(
            mode: UInt16(attributes.mode), owner: attributes.owner, group: attributes.group,
            modified: Timestamp(attributes.modified),
            extended: attributes.extended.map {
                Attribute(
                    name: $0.name.bytes.dropLast().map(UInt8.init(bitPattern:)), value: $0.value)
            }, content: content(tree[file].kind))
        if case .symbolicLink = inode.content { inode.mode = 0o777 }
        return inode
    }

    private func content(_ kind: FileTree.Kind) -> Inode.Content {
        switch kind {
        case .directory: .directory([])
        case .file(let size, let extents): .file(size: size, extents: extents)
        case .symbolicLink(let target): .symbolicLink(target: target)
        case .node(S_IFCHR, let major, let minor): .characterDevice(major: major, minor: minor)
        case .node(S_IFBLK, let major, let minor): .blockDevice(major: major, minor: minor)
        // Whiteouts and links are settled.
        case .node, .whiteout, .linkBelow: .fifo
        }
    }
}

extension Timestamp {
    /// Within what ext4 can hold, as a tree on a disk would have it.
    init(_ time: timespec) {
        let seconds = Int64(time.tv_sec)
        let clamped = min(max(seconds, -(1 << 31)), (1 << 34) - (1 << 31) - 1)
        self.init(
            seconds: clamped, nanoseconds: clamped == seconds ? UInt32(clamping: time.tv_nsec) : 0)
    }
}
