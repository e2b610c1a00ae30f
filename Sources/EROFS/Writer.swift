/// Writes what `Layout` has placed.
struct Writer {
    private let inodes: [Inode]
    private let tree: Tree
    private let layout: Layout
    private let format: Format
    private var image: Bytes

    var bytes: [UInt8] { image.array }

    init(_ inodes: [Inode], _ tree: Tree, _ layout: Layout, _ format: Format) {
        self.inodes = inodes
        self.tree = tree
        self.layout = layout
        self.format = format
        image = Bytes(count: layout.end)
    }

    mutating func write(_ identity: [UInt8]) {
        writeSuperblock(identity)
        for (index, device) in format.devices.enumerated() {
            let slot = Format.deviceTable + index * Format.deviceSlot
            image.put(device.tag, at: slot)
            image.put(UInt32(clamping: format.blocks(device.size)), at: slot + 64)
        }
        for (index, number) in tree.order.enumerated() {
            writeInode(number, index)
        }
    }

    /// `struct erofs_super_block`. What is not written is zero: no compression, no shared attributes,
    /// and inodes' numbers count from the file's beginning.
    private mutating func writeSuperblock(_ identity: [UInt8]) {
        let start = Format.superblock
        image.put(UInt32(0xe0f5_e1e2), at: start)
        image.put(UInt8(format.blockBits), at: start + 12)
        image.put(UInt16(inodeNumber(0)), at: start + 14)
        image.put(UInt64(inodes.count), at: start + 16)
        image.put(UInt32(clamping: format.blocks(layout.copies.end)), at: start + 36)
        image.put(Array(identity.prefix(16)), at: start + 48)
        // Files in chunks, and a device table.
        image.put(UInt32(0x4 | (format.devices.isEmpty ? 0 : 0x8)), at: start + 80)
        image.put(UInt16(format.devices.count), at: start + 86)
        image.put(UInt16(Format.deviceTable / Format.deviceSlot), at: start + 88)
    }

    private func inodeNumber(_ inode: Int) -> UInt64 {
        UInt64(layout.positions[inode] / Format.inodeSlot)
    }

    /// `struct erofs_inode_extended`, its attributes and what stands behind them.
    private mutating func writeInode(_ number: Int, _ index: Int) {
        let inode = inodes[number]
        let start = layout.positions[number]
        // Placed by `Layout`, which has refused what throws here.
        let attributes = try? StoredAttributes(inode.extended)
        let tail = start + Format.inodeSize + (attributes?.count ?? 0)
        let body = layout.bodies[number]
        // Bit 0: an inode of 64 bytes; from bit 1 on, how its content is stored.
        image.put(body.storage << 1 | 1, at: start)
        image.put(attributes?.units ?? 0, at: start + 2)
        image.put(inode.content.modeType | inode.mode & 0o7777, at: start + 4)
        image.put(UInt32(truncatingIfNeeded: index + 1), at: start + 20)
        image.put(inode.owner, at: start + 24)
        image.put(inode.group, at: start + 28)
        image.put(inode.modified.seconds, at: start + 32)
        image.put(inode.modified.nanoseconds, at: start + 40)
        image.put(tree.links[number], at: start + 44)
        if let attributes { image.put(attributes.bytes, at: start + Format.inodeSize) }
        writeContent(inode.content, body, inode: start, tail: tail)
    }

    private mutating func writeContent(
        _ content: Inode.Content, _ body: Layout.Body, inode start: Int, tail: Int
    ) {
        switch content {
        case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
            image.put(Self.deviceNumber(major, minor), at: start + 16)
        case .fifo: break
        case .file(let size, _):
            image.put(size, at: start + 8)
            if case .chunks(let chunks) = body { write(chunks, inode: start, tail: tail) }
        case .symbolicLink(let target):
            image.put(UInt64(target.count), at: start + 8)
            image.put(target, at: place(of: body, inode: start, tail: tail))
        case .directory:
            let place = place(of: body, inode: start, tail: tail)
            guard let directory = body.directory else { return }
            image.put(UInt64(directory.size), at: start + 8)
            let (inodes, layout) = (inodes, layout)
            directory.write(to: &image, at: place) { number in
                (
                    UInt64(layout.positions[number] / Format.inodeSlot),
                    inodes[number].content.entryType
                )
            }
        }
    }

    /// In a block of its own, which the inode then names, or behind the inode.
    private mutating func place(of body: Layout.Body, inode start: Int, tail: Int) -> Int {
        guard let block = body.block else { return tail }
        let first = layout.bodiesStart >> format.blockBits + block
        image.put(UInt32(clamping: first), at: start + 16)
        return first << format.blockBits
    }

    private mutating func write(_ chunks: Chunks, inode start: Int, tail: Int) {
        // Bit 5: eight bytes for each chunk, and not its block alone.
        image.put(UInt16(chunks.bits | 0x20), at: start + 16)
        let copies = UInt64(layout.end >> format.blockBits)
        var place = (tail + 7) & ~7
        for chunk in chunks.places {
            switch chunk {
            case .hole: image.put(UInt32.max, at: place + 4)
            case .block(let device, let block):
                image.put(UInt16(device), at: place + 2)
                let block = device == 0 ? block + copies : block
                image.put(UInt32(clamping: block), at: place + 4)
            }
            place += 8
        }
    }

    /// As the kernel's `new_encode_dev`.
    private static func deviceNumber(_ major: UInt32, _ minor: UInt32) -> UInt32 {
        minor & 0xff | (major & 0xfff) << 8 | (minor & 0xfff00) << 12
    }
}

extension Layout.Body {
    /// `EROFS_INODE_FLAT_PLAIN`, `_FLAT_INLINE` and `_CHUNK_BASED`.
    fileprivate var storage: UInt16 {
        switch self {
        case .nothing, .directory, .link: 0
        case .inlineDirectory, .inlineLink: 2
        case .chunks: 4
        }
    }

    fileprivate var directory: Directory? {
        switch self {
        case .inlineDirectory(let directory), .directory(let directory, _): directory
        default: nil
        }
    }

    fileprivate var block: Int? {
        switch self {
        case .directory(_, let block), .link(let block): block
        default: nil
        }
    }
}
