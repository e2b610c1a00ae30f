import EROFS

/// Trees for tests.
enum Samples {
    static func file(_ size: UInt64, at position: UInt64, device: Int = 0) -> Inode {
        let extents = [Extent(offset: 0, length: size, device: device, position: position)]
        return Inode(
            mode: 0o644, modified: Timestamp(seconds: 7, nanoseconds: 8),
            content: .file(size: size, extents: size == 0 ? [] : extents))
    }

    /// A root directory over files, each under its name.
    static func flat(_ files: [(String, Inode)]) -> [Inode] {
        let entries = files.enumerated().map {
            DirectoryEntry(name: Array($1.0.utf8), inode: $0 + 1)
        }
        return [Inode(mode: 0o755, content: .directory(entries))] + files.map(\.1)
    }

    /// One file of each kind, directories in directories, a hard link, attributes, holes.
    static func everyKind() -> [Inode] {
        let attributes = [
            Attribute(name: Array("user.key".utf8), value: Array("value".utf8)),
            Attribute(name: Array("security.capability".utf8), value: [1, 0, 0, 2]),
        ]
        var setuid = file(5000, at: 8192)
        (setuid.mode, setuid.owner, setuid.group, setuid.extended) = (
            0o4755, 70_000, 33, attributes
        )
        let holes = Inode(
            mode: 0o600,
            content: .file(
                size: 1 << 20,
                extents: [
                    Extent(offset: 4096, length: 4096, device: 0, position: 16384),
                    Extent(offset: 500_000, length: 1000, device: 0, position: 20480),
                ]))
        return flat([
            ("setuid", setuid), ("empty", file(0, at: 0)), ("holes", holes),
            ("nothing", Inode(mode: 0o600, content: .file(size: 12345, extents: []))),
            ("link", Inode(mode: 0o777, content: .symbolicLink(target: Array("setuid".utf8)))),
            (
                "long",
                Inode(
                    mode: 0o777, content: .symbolicLink(target: Array(repeating: 120, count: 4000)))
            ),
            ("null", Inode(mode: 0o666, content: .characterDevice(major: 1, minor: 3))),
            ("disk", Inode(mode: 0o660, content: .blockDevice(major: 8, minor: 300))),
            ("pipe", Inode(mode: 0o644, content: .fifo)),
            (
                "directory",
                Inode(
                    mode: 0o1777,
                    content: .directory([
                        DirectoryEntry(name: Array("hard".utf8), inode: 1),
                        DirectoryEntry(name: [0xff, 0x21], inode: 11),
                    ]))
            ),
        ]) + [Inode(mode: 0o755, content: .directory([]))]
    }

    /// So many names that their directory takes blocks of its own.
    static func many(_ count: Int) -> [Inode] {
        flat((0..<count).map { ("file-\($0)", file(UInt64($0 % 3), at: 0)) })
    }
}
