internal import CLinux
internal import Glibc
public import ImageTree
public import Kernel
public import Model
internal import System

/// Writes the files of an unpacked layer as a tar. Its digest is not that of the tar that they came from,
/// of which order, times of directories that nobody described and more are not known any more.
public struct TreeTar: ~Copyable {
    private var tar: TarWriter
    private let privileges: Privileges
    /// The first name of each file that has several.
    private var links: [FileNumber: [UInt8]] = [:]
    /// Of the directory that the walk is in; ends in a slash, or is empty.
    private var path: [UInt8]
    /// Whether a container has written it. Then files with holes are kept as such, of which readers of images'
    /// layers need not know.
    private let isContainers: Bool

    private struct FileNumber: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private init(
        _ tar: consuming TarWriter, _ privileges: Privileges, path: String = "./",
        isContainers: Bool = false
    ) {
        self.tar = tar
        self.privileges = privileges
        self.path = Array(path.utf8)
        self.isContainers = isContainers
    }

    /// Blocks.
    /// - Parameters:
    ///   - directory: the path of the files.
    ///   - file: empty.
    ///   - limit: bytes that the tar may have at most.
    /// - Throws: `resourceExhausted` beyond the limit; `SystemError`; `CancellationError`.
    public static func write(
        _ directory: String, to file: borrowing Descriptor, limit: UInt64,
        _ privileges: Privileges = .root, isCancelled: () -> Bool
    ) throws -> (digest: Digest, size: UInt64) {
        var writer = TreeTar(TarWriter(to: file, limit: limit), privileges)
        try writer.walk(directory, isCancelled)
        return try writer.tar.finish()
    }

    /// The same for whatever a container has written: holes are kept, so that a file that claims to be huge
    /// takes no more room than it does, and no directory need be in memory, so that the order is any.
    /// - Returns: the size of the tar.
    static func writeChanges(
        _ directory: String, to file: borrowing Descriptor, _ privileges: Privileges,
        isCancelled: () -> Bool
    ) throws -> UInt64 {
        var writer = TreeTar(TarWriter(to: file), privileges, isContainers: true)
        try writer.walk(directory, isSorted: false, isCancelled)
        return try writer.tar.finish().size
    }

    /// The files below a directory, without itself and without the end that a tar has.
    static func writeMembers(
        of directory: String, to file: borrowing Descriptor, _ privileges: Privileges,
        isCancelled: () -> Bool
    ) throws {
        var writer = TreeTar(TarWriter(to: file), privileges, path: "", isContainers: true)
        try writer.walk(directory, isCancelled)
    }

    private mutating func walk(
        _ directory: String, isSorted: Bool = true, _ isCancelled: () -> Bool
    ) throws {
        let root = try Files.open(directory, O_RDONLY | GANTRY_O_DIRECTORY)
        var status = stat()
        let number = root.raw
        try syscall("fstat", directory) { fstat(number, &status) }
        if !path.isEmpty { try addDirectory(status, number) }
        var walk = try TreeWalk(root, acrossMounts: false, isSorted: isSorted)
        while let step = try walk.next() {
            if isCancelled() { throw CancellationError() }
            switch step {
            case .left(let name): path.removeLast(name.count)
            case .entry(let name):
                if try add(name, in: walk.directory, isCancelled) { try walk.enter(name) }
            }
        }
    }

    /// - Returns: whether it is a directory, which the walk is to enter.
    private mutating func add(
        _ name: [CChar], in directory: Int32, _ isCancelled: () -> Bool
    ) throws -> Bool {
        var status = stat()
        let shown = Trees.readable(name)
        try syscall("fstatat", shown) { fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) }
        let bytes = name.dropLast().map(UInt8.init(bitPattern:))
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            path += bytes + [UInt8(ascii: "/")]
            let opened = try open(name, in: directory, GANTRY_O_DIRECTORY)
            try addDirectory(status, opened.raw)
            return true
        case S_IFCHR where status.st_rdev == 0:
            try addMark(Array(".wh.".utf8) + bytes)
        case S_IFREG, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO:
            try addFile(path + bytes, status, name, in: directory, isCancelled)
        default: break
        }
        return false
    }

    private func open(
        _ name: [CChar], in directory: Int32, _ flags: Int32 = 0
    ) throws(SystemError) -> Descriptor {
        // What was a file just now may be a fifo, which would wait for its writer.
        let flags = O_RDONLY | O_NONBLOCK | GANTRY_O_NOFOLLOW | flags
        return Descriptor(
            owning: try syscall("open", Trees.readable(name)) {
                gantry_openat(directory, name, flags, 0)
            })
    }

    private mutating func addDirectory(_ status: stat, _ file: Int32) throws {
        try requireWhole(file, path)
        var header = Self.header(path, UInt8(ascii: "5"), status)
        header.extended = try Self.extended(file)
        try tar.add(header)
        var value: UInt8 = 0
        if fgetxattr(file, privileges.opaqueAttribute, &value, 1) == 1, value == UInt8(ascii: "y") {
            try addMark(Array(".wh..wh..opq".utf8))
        }
    }

    /// A kernel whose overlay says of a moved directory only where it was, or of a changed mode only that, has
    /// the rest in the layers below (overlayfs.rst, "redirect_dir", "Metadata only copy up").
    private func requireWhole(_ file: Int32, _ name: [UInt8]) throws {
        guard isContainers else { return }
        for (kind, parameter) in [("redirect", "redirect_dir"), ("metacopy", "metacopy")]
        where fgetxattr(file, privileges.overlayAttribute(kind), nil, 0) >= 0 {
            throw GantryError(
                .failedPrecondition,
                "\(String(decoding: name, as: UTF8.self)) is not all in the writable layer: overlay's "
                    + "\(parameter) is on (/sys/module/overlay/parameters/\(parameter))")
        }
    }

    /// An empty file that says something of the layers below (image-spec, layer.md, "Whiteouts").
    private mutating func addMark(_ name: [UInt8]) throws {
        var header = TarHeader(name: path + name, type: UInt8(ascii: "0"))
        header.mode = 0o600
        try tar.add(header)
    }

    private mutating func addFile(
        _ name: [UInt8], _ status: stat, _ leaf: [CChar], in directory: Int32,
        _ isCancelled: () -> Bool
    ) throws {
        if status.st_nlink > 1 {
            let number = FileNumber(
                device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
            if let first = links[number] {
                var header = Self.header(name, UInt8(ascii: "1"), status)
                header.link = first
                return try tar.add(header)
            }
            links[number] = name
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: try addContent(name, status, leaf, in: directory, isCancelled)
        case S_IFLNK:
            var header = Self.header(name, UInt8(ascii: "2"), status)
            header.link = try Self.target(leaf, in: directory)
            try tar.add(header)
        case S_IFIFO: try tar.add(Self.header(name, UInt8(ascii: "6"), status))
        default:
            let isBlock = status.st_mode & S_IFMT == S_IFBLK
            var header = Self.header(name, UInt8(ascii: isBlock ? "4" : "3"), status)
            header.major = Int64(gnu_dev_major(status.st_rdev))
            header.minor = Int64(gnu_dev_minor(status.st_rdev))
            try tar.add(header)
        }
    }

    private mutating func addContent(
        _ name: [UInt8], _ status: stat, _ leaf: [CChar], in directory: Int32,
        _ isCancelled: () -> Bool
    ) throws {
        let file = try open(leaf, in: directory)
        var header = Self.header(name, UInt8(ascii: "0"), status)
        header.extended = try Self.extended(file.raw)
        let number = file.raw
        try requireWhole(number, name)
        let content = try FilePart(whole: file, Trees.readable(leaf))
        header.size = content.size
        if isContainers, UInt64(clamping: status.st_blocks) < content.size / 512 {
            header.sparse = try SparseMap(file: number, size: content.size)
            if header.sparse != nil { return try addSparse(header, content, isCancelled) }
        }
        try tar.add(header)
        try content.stream { bytes in
            if isCancelled() { throw CancellationError() }
            try bytes.withUnsafeBytes { try tar.write($0) }
        }
        try tar.write(TarHeader.padding(content.size))
    }

    private mutating func addSparse(
        _ header: TarHeader, _ content: FilePart, _ isCancelled: () -> Bool
    ) throws {
        let map = header.sparse ?? SparseMap()
        var header = header
        header.stored = map.stored
        try tar.add(header)
        try tar.write(map.text)
        for segment in map.segments {
            try content.part(named: content.name, at: segment.offset, size: segment.length)
                .stream { bytes in
                    if isCancelled() { throw CancellationError() }
                    try bytes.withUnsafeBytes { try tar.write($0) }
                }
        }
        try tar.write(TarHeader.padding(header.stored))
    }

    private static func header(_ name: [UInt8], _ type: UInt8, _ status: stat) -> TarHeader {
        var header = TarHeader(name: name, type: type)
        header.mode = Int64(status.st_mode & 0o7777)
        (header.owner, header.group) = (Int64(status.st_uid), Int64(status.st_gid))
        header.modified = TarTime(
            seconds: Int64(status.st_mtim.tv_sec), nanoseconds: status.st_mtim.tv_nsec)
        return header
    }

    private static func target(_ leaf: [CChar], in directory: Int32) throws -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try syscall("readlink", Trees.readable(leaf)) {
            readlinkat(directory, leaf, &buffer, buffer.count)
        }
        return buffer.prefix(count).map(UInt8.init(bitPattern:))
    }

    /// Those that a layer may set; a file system without any has none.
    private static func extended(_ file: Int32) throws -> [(name: [UInt8], value: [UInt8])] {
        var names = [CChar](repeating: 0, count: ExtendedAttribute.largest)
        let count = flistxattr(file, &names, names.count)
        guard count > 0 else { return [] }
        return try names.prefix(count).split(separator: 0).compactMap { name in
            let bytes = name.map(UInt8.init(bitPattern:))
            let key = ExtendedAttribute.Name(bytes)
            guard key.isAllowed else { return nil }
            var value = [UInt8](repeating: 0, count: ExtendedAttribute.largest)
            let length = try syscall("fgetxattr", key.description) {
                fgetxattr(file, key.bytes, &value, value.count)
            }
            return (bytes, Array(value.prefix(length)))
        }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }
}
