internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import ImageTree
internal import Kernel
internal import Model

/// Makes hard links to files of the layers below into copies of those; see `UnpackedLayer.fit`.
final class CopiesOfLinks {
    private struct FileID: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    private let root: TreeRoot
    private let layer: UnpackedLayer
    private let attributes: AttributeWriter
    private let finder: FileFinder
    /// Files that were copied, by what they are below: links to one file are links to one copy.
    private var copied: [FileID: EntryName] = [:]
    private var bytes: UInt64 = 0

    init(_ directory: String, _ layer: UnpackedLayer, _ layers: [LayerView]) throws {
        root = try TreeRoot(directory)
        self.layer = layer
        attributes = AttributeWriter(privileges: layer.privileges)
        let own = try LayerView(LayerPlace(directory), layer.privileges)
        finder = FileFinder(layers: [own] + layers)
    }

    /// - Returns: what the copies take, in bytes.
    func run(_ isCancelled: () -> Bool) throws -> UInt64 {
        for link in layer.linksBelow.sorted(by: { EntryName.comesFirst($0.name, $1.name) }) {
            if isCancelled() { throw CancellationError() }
            try complete(link, isCancelled)
        }
        return bytes
    }

    private func complete(_ link: LinkBelow, _ isCancelled: () -> Bool) throws {
        let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
        guard let parent = try root.open(link.name.parent, flags),
            let there = try Existing(link.name.leaf, in: parent.raw),
            LinkBelow.Place(there.status) == link.place
        else { return }
        guard let found = try finder.find(link.target) else {
            throw GantryError(
                .invalidArgument,
                "\(link.name): a hard link to \(link.target), which the image does not have")
        }
        let status = found.existing.status
        // One that has links to itself stays, and so becomes a copy of its own.
        if let first = copied[FileID(status)], there.status.st_nlink == 1 {
            return try replace(link, parent.raw, first)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: try copy(found, to: link, parent.raw, isCancelled)
        case S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO: try remake(found, as: link, parent.raw)
        default:
            throw GantryError(
                .invalidArgument, "\(link.name): a hard link to the directory \(link.target)")
        }
        copied[FileID(status)] = link.name
    }

    private func copy(
        _ found: borrowing FileFinder.Found, to link: LinkBelow, _ parent: Int32,
        _ isCancelled: () -> Bool
    ) throws {
        let (from, to) = (found.directory.raw, link.name.description)
        let (sourceLeaf, leaf) = (found.leaf, link.name.leaf)
        let source = Descriptor(
            owning: try syscall("open", to) {
                gantry_openat(from, sourceLeaf, O_RDONLY | O_NONBLOCK | GANTRY_O_NOFOLLOW, 0)
            })
        let target = Descriptor(
            owning: try syscall("open", to) {
                gantry_openat(parent, leaf, O_WRONLY | GANTRY_O_NOFOLLOW, 0)
            })
        let size = UInt64(clamping: found.existing.status.st_size)
        try layer.limits.check("the layer with its copies", bytes.plus(size))
        let sum = try FileCopy(source: source.raw, target: target.raw, name: to).run(isCancelled)
        layer.contents.add(sum)
        bytes = bytes.plus(size.plus(4095) & ~4095)
        try attributes.copy(from: source.raw, to: target.raw, link.name)
    }

    /// What has no content is made once more.
    private func remake(_ found: borrowing FileFinder.Found, as link: LinkBelow, _ parent: Int32)
        throws
    {
        let (leaf, name) = (link.name.leaf, link.name.description)
        try removePlace(of: link, parent)
        layer.contents.add(FileSum())
        let status = found.existing.status
        if found.existing.isSymbolicLink {
            let target = try readLink(EntryName(found.leaf.dropLast()), in: found.directory.raw)
            try syscall("symlink", name) { symlinkat(Array(target) + [0], parent, leaf) }
        } else {
            try syscall("mknod", name) { mknodat(parent, leaf, status.st_mode, status.st_rdev) }
        }
        let given = Attributes(
            owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777,
            modified: status.st_mtim)
        try attributes.apply(
            given, to: leaf, in: parent, isLink: found.existing.isSymbolicLink, link.name)
    }

    private func replace(_ link: LinkBelow, _ parent: Int32, _ first: EntryName) throws {
        let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
        guard let directory = try root.open(first.parent, flags) else { return }
        try removePlace(of: link, parent)
        try syscall("link", link.name.description) {
            linkat(directory.raw, first.leaf, parent, link.name.leaf, 0)
        }
    }

    private func removePlace(of link: LinkBelow, _ parent: Int32) throws {
        guard try Existing(link.name.leaf, in: parent)?.status.st_nlink == 1 else {
            throw GantryError(
                .unimplemented, "\(link.name): a hard link to \(link.target), with links to itself")
        }
        try syscall("unlink", link.name.description) { unlinkat(parent, link.name.leaf, 0) }
    }
}
