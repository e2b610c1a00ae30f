internal import Model

/// Where everything stands in the metadata's file.
struct Layout {
    /// What an inode has besides itself and its attributes.
    enum Body {
        case nothing
        case chunks(Chunks)
        /// Behind the inode, in the same block.
        case inlineDirectory(Directory)
        case inlineLink
        /// In blocks of its own, the first of which is this one, counted from those of all bodies.
        case directory(Directory, block: Int)
        case link(block: Int)
    }

    /// Of each inode, by its place in the list; in bytes.
    private(set) var positions: [Int]
    private(set) var bodies: [Body]
    private(set) var copies: Copies
    /// Where the blocks of the bodies begin.
    private(set) var bodiesStart = 0
    private(set) var end = 0

    /// As many bytes as the numbers in it can speak of are far more than any image has.
    private static let mostBytes = 1 << 32

    init(_ inodes: [Inode], _ tree: Tree, _ format: Format) throws(GantryError) {
        positions = Array(repeating: 0, count: inodes.count)
        bodies = Array(repeating: .nothing, count: inodes.count)
        copies = Copies(format)
        var position = Format.deviceTable + format.devices.count * Format.deviceSlot
        var blocks = 0
        for number in tree.order {
            let attributes = try StoredAttributes(inodes[number].extended).count
            let head = Format.inodeSize + attributes
            let (body, tail) = try body(
                of: number, inodes[number], tree, format, head: head, &blocks)
            position = Self.slot(position)
            if case .chunks = body {
            } else if tail > 0 {
                position = Self.place(head, tail, from: position, format)
            }
            positions[number] = position
            bodies[number] = body
            position = Self.padded(position + head) + tail
            guard position + blocks << format.blockBits <= Self.mostBytes else {
                throw GantryError(.resourceExhausted, "more than 4 GiB of metadata")
            }
        }
        bodiesStart = format.aligned(position)
        end = bodiesStart + blocks << format.blockBits
        copies.move(by: UInt64(end))
    }

    private static func slot(_ position: Int) -> Int {
        (position + Format.inodeSlot - 1) & ~(Format.inodeSlot - 1)
    }

    /// Chunks' numbers are aligned to their size.
    private static func padded(_ position: Int) -> Int { (position + 7) & ~7 }

    /// The next place where what stands behind the inode is in one block.
    private static func place(_ head: Int, _ tail: Int, from start: Int, _ format: Format) -> Int {
        var position = start
        while (position + head) >> format.blockBits != (position + head + tail - 1)
            >> format.blockBits
        {
            position += Format.inodeSlot
        }
        return position
    }

    /// - Returns: the body, and how many bytes of it stand behind the inode.
    private mutating func body(
        of number: Int, _ inode: Inode, _ tree: Tree, _ format: Format, head: Int,
        _ blocks: inout Int
    ) throws(GantryError) -> (Body, Int) {
        switch inode.content {
        case .characterDevice, .blockDevice, .fifo: return (.nothing, 0)
        case .file(let size, let extents):
            if size == 0 && extents.isEmpty { return (.nothing, 0) }
            let chunks = try Chunks(size: size, extents: extents, format, &copies)
            return (.chunks(chunks), chunks.places.count * 8)
        case .directory(let entries):
            let directory = try Directory(
                entries, of: number, parent: tree.parents[number], format)
            if Self.fits(directory.size, format) {
                return (.inlineDirectory(directory), directory.size)
            }
            defer { blocks += Int(format.blocks(UInt64(directory.size))) }
            return (.directory(directory, block: blocks), 0)
        case .symbolicLink(let target):
            // A page takes the target and the zero behind it.
            guard (1..<4096).contains(target.count), !target.contains(0) else {
                throw GantryError(
                    .invalidArgument, "a symbolic link to a name of \(target.count) bytes")
            }
            if Self.fits(target.count, format) { return (.inlineLink, target.count) }
            defer { blocks += Int(format.blocks(UInt64(target.count))) }
            return (.link(block: blocks), 0)
        }
    }

    /// More would leave too much of a block before it unused.
    private static func fits(_ count: Int, _ format: Format) -> Bool {
        count <= format.blockSize / 2
    }
}
