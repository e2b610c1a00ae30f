internal import CLinux
internal import Glibc
internal import ImageTree
internal import Kernel
internal import Model

/// A hard link to a file that is not in its layer, but maybe in one below. Layers are unpacked apart
/// from one another: an empty file takes its place until they are fitted together.
struct LinkBelow: Sendable {
    let name: EntryName
    let target: EntryName
    /// The empty file, by which one that a later entry has replaced is told.
    let place: Place

    struct Place: Equatable, Sendable {
        let inode: UInt64
        let seconds: Int
        let nanoseconds: Int
    }
}

extension LinkBelow.Place {
    init(_ status: stat) {
        self.init(
            inode: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }
}

extension LayerWriter {
    /// A hard link's target is a path from the layer's root, which may run through its links.
    func link(_ name: EntryName, to target: EntryName) throws {
        if name == target { return }
        let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
        guard let directory = try parents.existing(target.parent, flags),
            let there = try Existing(target.leaf, in: directory.raw), !there.isWhiteout
        else { return try linkBelow(name, target) }
        let parent = try parents.directory(of: name)
        try replacing(name, parent, "link") {
            linkat(directory.raw, target.leaf, parent, name.leaf, 0)
        }
    }

    private func linkBelow(_ name: EntryName, _ target: EntryName) throws {
        // Two links to one file are links to one copy of it.
        if let first = linksBelow[target], let there = try existing(first.name),
            LinkBelow.Place(there.status) == first.place
        {
            return try link(name, to: first.name)
        }
        try kept.add(name)
        try kept.add(target)
        let parent = try parents.directory(of: name)
        let leaf = name.leaf
        let flags = O_WRONLY | O_CREAT | O_EXCL | GANTRY_O_NOFOLLOW
        let file = Descriptor(
            owning: try replacing(name, parent, "create") {
                gantry_openat(parent, leaf, flags, 0o600)
            })
        count()
        linksBelow[target] = LinkBelow(
            name: name, target: target, place: try Self.mark(file, name))
    }

    /// A file that takes its place may get its inode too, so it has a time that no other has.
    private static func mark(
        _ file: borrowing Descriptor, _ name: EntryName
    ) throws -> LinkBelow.Place {
        let number = file.raw
        let time = timespec(
            tv_sec: .random(in: 0..<1 << 31), tv_nsec: .random(in: 0..<1_000_000_000))
        var times = [time, time]
        try syscall("futimens", name.description) { futimens(number, &times) }
        var status = stat()
        try syscall("fstat", name.description) { fstat(number, &status) }
        return LinkBelow.Place(status)
    }

    private func existing(_ name: EntryName) throws -> Existing? {
        let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
        guard let directory = try parents.existing(name.parent, flags) else { return nil }
        return try Existing(name.leaf, in: directory.raw)
    }
}
