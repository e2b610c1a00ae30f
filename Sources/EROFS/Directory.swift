internal import Model

/// A directory as it is stored: blocks of entries and then their names, sorted by bytes through all
/// blocks, since the kernel looks names up by halves.
struct Directory {
    /// `.` and `..` among them.
    private let entries: [DirectoryEntry]
    /// The first entry of each block.
    private let starts: [Int]
    /// In bytes; the last block ends with its last name.
    let size: Int
    private let blockSize: Int

    private static let entrySize = 12

    /// - Throws: `GantryError` (`invalidArgument`) when a name is there twice.
    init(
        _ children: [DirectoryEntry], of own: Int, parent: Int, _ format: Format
    ) throws(GantryError) {
        let dots = [
            DirectoryEntry(name: [46], inode: own), DirectoryEntry(name: [46, 46], inode: parent),
        ]
        entries = (children + dots).sorted { $0.name.lexicographicallyPrecedes($1.name) }
        for index in entries.indices.dropFirst()
        where entries[index].name == entries[index - 1].name {
            throw GantryError(
                .invalidArgument,
                "\"\(String(decoding: entries[index].name, as: UTF8.self))\" is there twice")
        }
        blockSize = format.blockSize
        var starts = [0]
        var used = 0
        for (index, entry) in entries.enumerated() {
            let more = Self.entrySize + entry.name.count
            if used + more > format.blockSize {
                starts.append(index)
                used = 0
            }
            used += more
        }
        self.starts = starts
        size = (starts.count - 1) * format.blockSize + used
    }

    /// - Parameter target: what an inode's number and kind are on disk.
    func write(
        to bytes: inout Bytes, at position: Int, _ target: (Int) -> (number: UInt64, type: UInt8)
    ) {
        for (block, start) in starts.enumerated() {
            let end = block + 1 < starts.count ? starts[block + 1] : entries.count
            let base = position + block * blockSize
            var name = (end - start) * Self.entrySize
            for (index, entry) in entries[start..<end].enumerated() {
                let place = base + index * Self.entrySize
                let (number, type) = target(entry.inode)
                bytes.put(number, at: place)
                bytes.put(UInt16(name), at: place + 8)
                bytes.put(type, at: place + 10)
                bytes.put(entry.name, at: base + name)
                name += entry.name.count
            }
        }
    }
}

extension Inode.Content {
    /// A directory's entry says of what kind its file is; as `DT_…` of readdir(3), but counted on.
    var entryType: UInt8 {
        switch self {
        case .file: 1
        case .directory: 2
        case .characterDevice: 3
        case .blockDevice: 4
        case .fifo: 5
        case .symbolicLink: 7
        }
    }

    /// `S_IF…` (inode(7)).
    var modeType: UInt16 {
        switch self {
        case .file: 0o100000
        case .directory: 0o040000
        case .characterDevice: 0o020000
        case .blockDevice: 0o060000
        case .fifo: 0o010000
        case .symbolicLink: 0o120000
        }
    }
}
