internal import CLinux
internal import Glibc
public import Kernel
internal import Model

/// Copies all that is in a directory of an image, with owners, modes, times and attributes.
///
/// The tree is a stranger's: it is walked without recursion and with a handful of descriptors, names are
/// resolved below the two directories alone, nothing but regular files is opened, and holes stay holes.
public struct TreeCopy: ~Copyable {
    private let source: TreeRoot
    private let target: TreeRoot
    private let attributes = AttributeWriter(privileges: .root)
    private var pending: [EntryName] = [.root]
    private var directories: [EntryName] = []
    /// Files with several names, by inode.
    private var names: [UInt64: EntryName] = [:]
    private static let mostNames = 1 << 17

    private static let directoryFlags = O_RDONLY | GANTRY_O_DIRECTORY

    /// - Parameters:
    ///   - source: an open directory.
    ///   - target: one that is there and empty; it gets the attributes of `source` too.
    /// - Throws: `SystemError`; `GantryError` (`resourceExhausted`). What was copied until then stays.
    public static func copy(_ source: consuming Descriptor, to target: String) throws {
        var copy = TreeCopy(
            source: TreeRoot(owning: source), target: try TreeRoot(target))
        try copy.run()
    }

    private init(source: consuming TreeRoot, target: consuming TreeRoot) {
        self.source = source
        self.target = target
    }

    private mutating func run() throws {
        while let name = pending.popLast() {
            directories.append(name)
            try copyChildren(of: name)
        }
        // A directory's times change with what is made in it, and its mode may forbid that.
        for name in directories.reversed() {
            let from = try open(name, in: source)
            let to = try open(name, in: target)
            try attributes.copy(from: from.raw, to: to.raw, name)
        }
    }

    private func open(_ name: EntryName, in root: borrowing TreeRoot) throws -> Descriptor {
        guard let found = try root.open(name, Self.directoryFlags) else {
            throw SystemError("openat2", name.description, errno: ENOENT)
        }
        return found
    }

    private mutating func copyChildren(of name: EntryName) throws {
        let from = try open(name, in: source)
        let to = try open(name, in: target)
        let names = try DirectoryNames(from)
        while let leaf = names.next() {
            guard let there = try Existing(leaf, in: from.raw) else { continue }
            try copy(name.appending(leaf.dropLast()), there.status, from.raw, to.raw)
        }
    }

    private mutating func copy(
        _ name: EntryName, _ status: stat, _ from: Int32, _ to: Int32
    ) throws {
        let leaf = name.leaf
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            try syscall("mkdir", name.description) { mkdirat(to, leaf, 0o700) }
            pending.append(name)
        case S_IFREG: try copyFile(name, status, from, to)
        case S_IFLNK:
            let text = try readLink(name, in: from) + [0]
            try syscall("symlink", name.description) { symlinkat(Array(text), to, leaf) }
            try attributes.apply(Attributes(status), to: leaf, in: to, isLink: true, name)
        default: try copyNode(name, status, to)
        }
    }

    private mutating func copyFile(
        _ name: EntryName, _ status: stat, _ from: Int32, _ to: Int32
    ) throws {
        let leaf = name.leaf
        if status.st_nlink > 1 {
            if let first = names[UInt64(status.st_ino)] {
                let root = target.descriptor.raw
                try syscall("link", name.description) { linkat(root, first.bytes, to, leaf, 0) }
                return
            }
            guard names.count < Self.mostNames else {
                throw GantryError(
                    .resourceExhausted,
                    "a volume of the image has more than \(Self.mostNames) files with several names"
                )
            }
            names[UInt64(status.st_ino)] = name
        }
        let place = Descriptor(
            owning: try syscall("open", name.description) {
                gantry_openat(from, leaf, GANTRY_O_PATH | GANTRY_O_NOFOLLOW, 0)
            })
        let file = try Files.reopenRegular(place, name.description)
        let copy = Descriptor(
            owning: try syscall("create", name.description) {
                gantry_openat(to, leaf, O_WRONLY | O_CREAT | O_EXCL | GANTRY_O_NOFOLLOW, 0o600)
            })
        try copyContent(of: file.raw, to: copy.raw, size: Int(status.st_size), name)
        try attributes.copy(from: file.raw, to: copy.raw, name)
    }

    private func copyContent(of file: Int32, to copy: Int32, size: Int, _ name: EntryName) throws {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var place = 0
        while place < size {
            let start = lseek(file, place, GANTRY_SEEK_DATA)
            if start < 0 && errno == ENXIO { break }
            place = max(place, start)
            let end = lseek(file, place, GANTRY_SEEK_HOLE)
            let wanted = min(buffer.count, (end > place ? end : size) - place)
            let position = place
            let count = try syscall("read", name.description) {
                pread(file, &buffer, wanted, position)
            }
            if count == 0 { break }
            try write(buffer[..<count], to: copy, at: position, name)
            place += count
        }
        try syscall("ftruncate", name.description) { ftruncate(copy, size) }
    }

    private func write(
        _ bytes: ArraySlice<UInt8>, to copy: Int32, at position: Int, _ name: EntryName
    ) throws {
        var rest = bytes
        while !rest.isEmpty {
            let place = position + rest.startIndex
            let count = try syscall("write", name.description) {
                rest.withUnsafeBytes { pwrite(copy, $0.baseAddress, $0.count, place) }
            }
            rest = rest.dropFirst(count)
        }
    }

    /// A FIFO, a socket or a device. Who may not make devices goes without, as images' own are.
    private func copyNode(_ name: EntryName, _ status: stat, _ to: Int32) throws {
        let leaf = name.leaf
        if mknodat(to, leaf, status.st_mode & S_IFMT | 0o600, status.st_rdev) != 0 {
            if errno == EPERM { return }
            throw SystemError("mknod", name.description, errno: errno)
        }
        try attributes.apply(Attributes(status), to: leaf, in: to, isLink: false, name)
    }
}

extension Attributes {
    fileprivate init(_ status: stat) {
        self.init(
            owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777,
            modified: status.st_mtim)
    }
}
