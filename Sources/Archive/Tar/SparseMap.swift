/// Where in a file with holes its bytes stand, in their order (GNU tar manual, "Storing Sparse Files").
struct SparseMap: Equatable {
    struct Segment: Equatable {
        let offset: UInt64
        let length: UInt64
    }

    private(set) var segments: [Segment] = []
    private var end: UInt64 = 0

    /// More are in no file that anybody packs, and each takes memory.
    static let most = 1 << 16

    /// - Throws: for what overlaps, goes backwards or is negative.
    mutating func add(offset: Int64, length: Int64) throws {
        let (end, overflow) = offset.addingReportingOverflow(length)
        guard offset >= 0, length >= 0, !overflow, UInt64(offset) >= self.end else {
            throw badTar("a sparse file's segment of \(length) bytes at \(offset)")
        }
        guard segments.count < Self.most else {
            throw badTar("a sparse file of more than \(Self.most) segments")
        }
        segments.append(Segment(offset: UInt64(offset), length: UInt64(length)))
        self.end = UInt64(end)
    }

    /// - Parameter size: of the file.
    func check(size: UInt64) throws {
        guard end <= size else {
            throw badTar("a sparse file of \(size) bytes has bytes at \(end)")
        }
    }
}
