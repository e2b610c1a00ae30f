internal import Model

/// Reads a tar as Go's archive/tar does, with which most images are written and which every other
/// runtime reads them with: v7, ustar, pax, GNU and star headers, GNU's sparse files. What none of them
/// allows is refused, and never guessed at; see docs/c-libraries.md for why this is our own.
final class TarParser {
    private let input: any TarInput
    /// A block that came in two pieces.
    private let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: TarBlock.size, alignment: 8)
    /// Of the member's content in the tar.
    private var left: UInt64 = 0
    private var padding: UInt64 = 0

    /// Of what stands in for a member's header: long names, pax records, maps of sparse files.
    private static let longestSpecial: UInt64 = 1 << 20

    init(_ input: any TarInput) {
        self.input = input
    }

    deinit {
        scratch.deallocate()
    }

    /// Headers that speak of the member after them.
    private struct Extensions {
        var pax = PaxRecords()
        var name: [UInt8] = []
        var link: [UInt8] = []
    }

    /// The next member, or nil at the archive's end.
    /// - Throws: `GantryError` (`dataLoss`) for what is no tar, or not the whole of one.
    func next() throws -> TarHeader? {
        var extensions = Extensions()
        while true {
            try passContent()
            guard let block = try headerBlock() else { return nil }
            let size = try block.size()
            switch block.type {
            case UInt8(ascii: "x"): extensions.pax = try PaxRecords(try special(size))
            case UInt8(ascii: "L"): extensions.name = Self.text(try special(size))
            case UInt8(ascii: "K"): extensions.link = Self.text(try special(size))
            case UInt8(ascii: "g"):
                // Of all members after it, which no reader of images applies.
                _ = try PaxRecords(try special(size))
                extensions = Extensions()
            default: return try member(block, size, extensions)
            }
        }
    }

    /// The next bytes of the member's content as it is in the tar; none at its end.
    func content() throws -> UnsafeRawBufferPointer {
        let bytes = try input.next(upTo: left)
        if bytes.isEmpty && left > 0 { throw badTar("it ends within a file") }
        left -= UInt64(bytes.count)
        return bytes
    }

    private func passContent() throws {
        guard try input.skip(left) == left else { throw badTar("it ends within a file") }
        // Some writers leave out the last block's rest.
        _ = try input.skip(padding)
        (left, padding) = (0, 0)
    }

    private func begin(content size: UInt64) {
        left = size
        padding = (0 &- size) % UInt64(TarBlock.size)
    }

    /// Nil at the end: two blocks of zeros, one as the last, or nothing.
    private func headerBlock() throws -> TarBlock? {
        guard let block = try nextBlock() else { return nil }
        if !block.isZero {
            try block.check()
            return block
        }
        guard let second = try nextBlock() else { return nil }
        guard second.isZero else { throw badTar("something follows a block of zeros") }
        return nil
    }

    /// Nil when nothing more is there.
    private func nextBlock() throws -> TarBlock? {
        let first = try input.next(upTo: UInt64(TarBlock.size))
        if first.isEmpty { return nil }
        if first.count == TarBlock.size { return TarBlock(bytes: first) }
        scratch.copyMemory(from: first)
        var count = first.count
        while count < TarBlock.size {
            let more = try input.next(upTo: UInt64(TarBlock.size - count))
            if more.isEmpty { throw badTar("it ends within a header") }
            UnsafeMutableRawBufferPointer(rebasing: scratch[count...]).copyMemory(from: more)
            count += more.count
        }
        return TarBlock(bytes: UnsafeRawBufferPointer(scratch))
    }

    /// The content of a header's extension.
    private func special(_ size: Int64) throws -> [UInt8] {
        guard let size = UInt64(exactly: size), size <= Self.longestSpecial else {
            throw badTar("a header of \(size) bytes")
        }
        begin(content: size)
        var bytes: [UInt8] = []
        while left > 0 { bytes += try content() }
        return bytes
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        Array(bytes.prefix { $0 != 0 })
    }

    private func member(
        _ block: TarBlock, _ size: Int64, _ extensions: Extensions
    ) throws -> TarHeader {
        var header = try block.header()
        try extensions.pax.apply(to: &header)
        if !extensions.name.isEmpty { header.name = extensions.name }
        if !extensions.link.isEmpty { header.link = extensions.link }
        // v7 had no directories: a slash at the end made them.
        if header.type == 0 {
            header.type =
                header.name.last == UInt8(ascii: "/") ? UInt8(ascii: "5") : UInt8(ascii: "0")
        }
        try measure(&header, try extensions.pax.size() ?? Self.checked(size))
        try readSparseMap(&header, block, extensions.pax)
        header.start = input.position
        header.stored = left
        return header
    }

    private static func checked(_ size: Int64) throws -> UInt64 {
        guard let size = UInt64(exactly: size) else { throw badTar("a file of \(size) bytes") }
        return size
    }

    private func measure(_ header: inout TarHeader, _ size: UInt64) throws {
        header.size = TarHeader.isWithoutContent(header.type) ? 0 : size
        begin(content: header.size)
    }
}

// The maps of sparse files.
extension TarParser {
    private func readSparseMap(
        _ header: inout TarHeader, _ block: TarBlock, _ pax: PaxRecords
    ) throws {
        if header.type == UInt8(ascii: "S") {
            try readOldMap(&header, block)
        } else if let sparse = try pax.sparse() {
            try pax.applySparse(to: &header)
            switch sparse {
            case .map(let map): header.sparse = map
            case .inContent: header.sparse = try mapInContent()
            }
        }
        guard let map = header.sparse else { return }
        guard !TarHeader.isWithoutContent(header.type) else {
            throw badTar("a sparse file that is no file")
        }
        try map.check(size: header.size)
    }

    /// In the header and in blocks after it, which its size does not count.
    private func readOldMap(_ header: inout TarHeader, _ block: TarBlock) throws {
        guard block.dialect == .gnu else {
            throw badTar("a sparse file in a format other than GNU's")
        }
        header.size = try Self.checked(try block.sparseSize())
        var map = SparseMap()
        var isContinued = try block.addSegments(to: &map)
        var blocks = 0
        while isContinued {
            blocks += 1
            guard blocks * TarBlock.size <= Self.longestSpecial, let next = try nextBlock() else {
                throw badTar("a sparse file's map has no end")
            }
            isContinued = try next.addMoreSegments(to: &map)
        }
        header.sparse = map
    }

    /// Decimal numbers, a line each, in whole blocks at the content's beginning: how many segments, and
    /// two numbers for each.
    private func mapInContent() throws -> SparseMap {
        var lines = MapLines()
        let count = try lines.next { try self.mapBlock() }
        guard (0...(1 << 20)).contains(count) else {
            throw badTar("a sparse file of \(count) segments")
        }
        var map = SparseMap()
        for _ in 0..<count {
            let offset = try lines.next { try self.mapBlock() }
            try map.add(offset: offset, length: try lines.next { try self.mapBlock() })
        }
        return map
    }

    private func mapBlock() throws -> [UInt8] {
        var block: [UInt8] = []
        while block.count < TarBlock.size {
            let wanted = min(left, UInt64(TarBlock.size - block.count))
            let bytes = try input.next(upTo: wanted)
            if bytes.isEmpty { throw badTar("a sparse file's map has no end") }
            left -= UInt64(bytes.count)
            block += bytes
        }
        return block
    }
}

/// Numbers out of blocks that are read when they are needed.
private struct MapLines {
    private var rest: ArraySlice<UInt8> = []

    /// No number has more digits.
    private static let longestLine = 32

    mutating func next(_ block: () throws -> [UInt8]) throws -> Int64 {
        let newline = UInt8(ascii: "\n")
        while !rest.contains(newline) {
            guard rest.count <= Self.longestLine else {
                throw badTar("a sparse file's map is no list")
            }
            rest += try block()
        }
        let line = rest.prefix { $0 != newline }
        rest = rest.dropFirst(line.count + 1)
        return try TarNumber.decimal(line, "a sparse file's map")
    }
}
