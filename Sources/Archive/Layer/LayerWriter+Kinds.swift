internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import ImageTree
internal import Kernel
internal import Model
internal import System

extension LayerWriter {
    func makeRoot(_ entry: TarEntry) throws {
        guard entry.kind == .directory else {
            throw GantryError(.invalidArgument, "the layer's root is not a directory")
        }
        try setLater(entry.attributes, for: entry.name)
    }

    func makeDirectory(_ entry: TarEntry, _ parent: Int32) throws {
        let leaf = entry.name.leaf
        if mkdirat(parent, leaf, 0o700) == 0 {
            count(bytes: 4096)
        } else {
            guard errno == EEXIST else {
                throw SystemError("mkdir", entry.name.description, errno: errno)
            }
            try replaceByDirectory(entry.name, parent)
        }
        try setLater(entry.attributes, for: entry.name)
    }

    private func replaceByDirectory(_ name: EntryName, _ parent: Int32) throws {
        let leaf = name.leaf
        guard let there = try Existing(leaf, in: parent), !there.isDirectory else { return }
        contents.invalidate()
        try Trees.removeNow(leaf, in: parent)
        try syscall("mkdir", name.description) { mkdirat(parent, leaf, 0o700) }
        // `.wh.NAME` before `NAME/`: a new directory, through which nothing below may show.
        if there.isWhiteout { try markOpaque(name) }
    }

    func makeFile(_ entry: TarEntry, _ parent: Int32, _ content: TarReader) throws {
        try limits.check("file \(entry.name)", entry.size)
        let leaf = entry.name.leaf
        let flags = O_WRONLY | O_CREAT | O_EXCL | GANTRY_O_NOFOLLOW
        let mode = NewFile.mode(of: entry.attributes)
        let file = Descriptor(
            owning: try replacing(entry.name, parent, "create") {
                gantry_openat(parent, leaf, flags, mode)
            })
        let size = try copy(content, to: file.raw, entry.name)
        count(bytes: size)
        try attributes.apply(entry.attributes, to: file.raw, entry.name, given: newFile)
    }

    /// Writes the content, holes left out; returns the bytes written.
    private func copy(_ content: TarReader, to file: Int32, _ name: EntryName) throws -> UInt64 {
        var written: UInt64 = 0
        var end: UInt64 = 0
        var sum = FileSum()
        let size = try content.content { bytes, offset in
            sum.add(bytes, at: offset)
            var rest = bytes[...]
            end = offset + UInt64(bytes.count)
            while !rest.isEmpty {
                let place = offset + UInt64(rest.startIndex)
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = try syscall("write", name.description) {
                    pwrite(file, part.baseAddress, part.count, Int(place))
                }
                rest = rest.dropFirst(count)
            }
            written += UInt64(bytes.count)
        }
        sum.end(at: size)
        contents.add(sum)
        if size > end { try syscall("ftruncate", name.description) { ftruncate(file, Int(size)) } }
        return written
    }

    func makeLink(_ entry: TarEntry, _ parent: Int32, to target: [CChar]) throws {
        let leaf = entry.name.leaf
        try replacing(entry.name, parent, "symlink") { symlinkat(target, parent, leaf) }
        count()
        try attributes.apply(
            entry.attributes, to: leaf, in: parent, isLink: true, entry.name, given: newFile)
    }

    func makeNode(
        _ entry: TarEntry, _ parent: Int32, _ type: mode_t, _ major: UInt32, _ minor: UInt32
    ) throws {
        let leaf = entry.name.leaf
        let mayCreate = attributes.privileges == .root || type == S_IFIFO
        let mode = (mayCreate ? type : S_IFREG) | 0o600
        let number = mayCreate ? gnu_dev_makedev(major, minor) : 0
        try replacing(entry.name, parent, "mknod") { mknodat(parent, leaf, mode, number) }
        count()
        try attributes.apply(entry.attributes, to: leaf, in: parent, isLink: false, entry.name)
    }

    /// Creates something; where an earlier entry stands, that goes first, whatever it is.
    @discardableResult
    func replacing(
        _ name: EntryName, _ parent: Int32, _ call: String, _ create: () -> Int32
    ) throws -> Int32 {
        let result = create()
        if result >= 0 { return result }
        guard errno == EEXIST else { throw SystemError(call, name.description, errno: errno) }
        contents.invalidate()
        try Trees.removeNow(name.leaf, in: parent)
        return try syscall(call, name.description, create)
    }
}
