internal import Model

/// Where a file's content is: one number for each of its chunks, which are all equally long.
struct Chunks {
    enum Place: Equatable {
        case hole
        /// A device, counted from 1, and a block of it; 0 is the metadata's own file.
        case block(device: Int, UInt64)
    }

    /// A chunk's size is this many doublings of a block's.
    let bits: Int
    let places: [Place]

    private static let mostBits = 31

    /// - Throws: `GantryError`: `invalidArgument` for extents that are not in order or not on their
    ///   device, `resourceExhausted` when there is no room for copies.
    init(
        size: UInt64, extents: [Extent], _ format: Format, _ copies: inout Copies
    ) throws(GantryError) {
        try Self.check(size, extents, format)
        if let whole = Self.whole(size, extents, format) {
            bits = try Self.bits(covering: size, format)
            places = [whole]
            return
        }
        let most = Self.mostChunks(extents, format)
        var bits = 0
        while Self.count(size, bits, format) > most { bits += 1 }
        guard bits <= Self.mostBits else { throw Self.tooLarge(size) }
        self.bits = bits
        var scan = Scan(size: size, extents: extents, bits: bits, format: format)
        var places: [Place] = []
        for index in 0..<Self.count(size, bits, format) {
            places.append(try scan.place(of: index, &copies))
        }
        self.places = places
    }

    private static func check(
        _ size: UInt64, _ extents: [Extent], _ format: Format
    ) throws(GantryError) {
        var end: UInt64 = 0
        guard size <= 1 << 50 else { throw tooLarge(size) }
        for extent in extents {
            let (last, overflow) = extent.offset.addingReportingOverflow(extent.length)
            guard !overflow, extent.offset >= end, last <= size else {
                throw GantryError(.invalidArgument, "extents that are not in order")
            }
            guard format.devices.indices.contains(extent.device),
                extent.length <= format.devices[extent.device].size,
                extent.position <= format.devices[extent.device].size - extent.length
            else { throw GantryError(.invalidArgument, "an extent that is on no device") }
            end = last
        }
    }

    /// A file without holes that stands at a block's beginning, or nothing but a hole: one chunk.
    private static func whole(_ size: UInt64, _ extents: [Extent], _ format: Format) -> Place? {
        guard let first = extents.first else { return .hole }
        guard extents.count == 1, first.length == size,
            first.position.isMultiple(of: UInt64(format.blockSize))
        else { return nil }
        return .block(device: first.device + 1, first.position >> UInt64(format.blockBits))
    }

    private static func bits(covering size: UInt64, _ format: Format) throws(GantryError) -> Int {
        let blocks = max(1, format.blocks(size))
        let bits = UInt64.bitWidth - (blocks - 1).leadingZeroBitCount
        guard bits <= mostBits else { throw tooLarge(size) }
        return bits
    }

    /// So many that the index of a file with holes stays in proportion to what the tar has of it.
    private static func mostChunks(_ extents: [Extent], _ format: Format) -> UInt64 {
        let content = extents.reduce(0) { $0 + format.blocks($1.length) }
        return 64 + 16 * UInt64(extents.count) + content
    }

    private static func count(_ size: UInt64, _ bits: Int, _ format: Format) -> UInt64 {
        let shift = UInt64(format.blockBits + bits)
        return size >> shift + (size & (1 << shift - 1) == 0 ? 0 : 1)
    }

    private static func tooLarge(_ size: UInt64) -> GantryError {
        GantryError(.resourceExhausted, "a file of \(size) bytes")
    }
}

/// Goes through a file's chunks and extents at the same time.
private struct Scan {
    let size: UInt64
    let extents: [Extent]
    let bits: Int
    let format: Format
    private var next = 0

    init(size: UInt64, extents: [Extent], bits: Int, format: Format) {
        self.size = size
        self.extents = extents
        self.bits = bits
        self.format = format
    }

    mutating func place(
        of index: UInt64, _ copies: inout Copies
    ) throws(GantryError) -> Chunks.Place {
        let start = index << UInt64(format.blockBits + bits)
        let end = min(size, (index + 1) << UInt64(format.blockBits + bits))
        while next < extents.count, extents[next].offset + extents[next].length <= start {
            next += 1
        }
        guard next < extents.count, extents[next].offset < end else { return .hole }
        let extent = extents[next]
        if extent.offset <= start, extent.offset + extent.length >= end {
            let position = extent.position + (start - extent.offset)
            if position.isMultiple(of: UInt64(format.blockSize)) {
                return .block(device: extent.device + 1, position >> UInt64(format.blockBits))
            }
        }
        return .block(device: 0, try copies.add(extents[next...], from: start, to: end))
    }
}

/// Content that is copied behind the metadata, since no device has it as a block.
struct Copies {
    private(set) var list: [Metadata.Copy] = []
    /// Behind the last one, in bytes.
    private(set) var end: UInt64 = 0
    private let format: Format

    init(_ format: Format) {
        self.format = format
    }

    /// - Returns: the block that the part of a file stands at, counted from the first copy.
    mutating func add(
        _ extents: ArraySlice<Extent>, from start: UInt64, to limit: UInt64
    ) throws(GantryError) -> UInt64 {
        let base = end
        for extent in extents.prefix(while: { $0.offset < limit }) {
            let first = max(extent.offset, start)
            let last = min(extent.offset + extent.length, limit)
            if first >= last { continue }
            list.append(
                Metadata.Copy(
                    device: extent.device, position: extent.position + (first - extent.offset),
                    length: last - first, target: base + (first - start)))
        }
        end += format.blocks(limit - start) << UInt64(format.blockBits)
        // With the metadata, which has 4 GiB at most.
        guard end < UInt64(UInt32.max - 1 << 23) << 9 else {
            throw GantryError(.resourceExhausted, "files with holes need more than 2 TiB")
        }
        return base >> UInt64(format.blockBits)
    }

    /// Now it is known where the metadata ends.
    mutating func move(by start: UInt64) {
        list = list.map {
            Metadata.Copy(
                device: $0.device, position: $0.position, length: $0.length,
                target: $0.target + start)
        }
        end += start
    }
}
