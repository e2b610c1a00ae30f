internal import Glibc
internal import Kernel
internal import Model

extension SparseMap {
    /// Of a file on disk, as the file system tells it (lseek(2), SEEK_DATA).
    /// - Returns: nil where the file system tells of no hole.
    /// - Throws: `resourceExhausted` for a file of more segments than any reader takes.
    init?(file: Int32, size: UInt64) throws {
        self.init()
        var position: Int64 = 0
        while position < Int64(clamping: size), let data = try Self.seek(file, position, Self.data)
        {
            let hole = try Self.seek(file, data, Self.hole) ?? Int64(clamping: size)
            let end = min(hole, Int64(clamping: size))
            guard data < end else { break }
            if data == 0, end >= Int64(clamping: size) { return nil }
            guard segments.count < Self.most else {
                throw GantryError(
                    .resourceExhausted, "a file with holes has more than \(Self.most) segments")
            }
            try add(offset: data, length: end - data)
            position = end
        }
        // GNU tar wants to see where a hole at the end ends.
        if position < Int64(clamping: size) { try add(offset: Int64(clamping: size), length: 0) }
    }

    private static let data: Int32 = 3
    private static let hole: Int32 = 4

    /// - Returns: nil at the end.
    private static func seek(
        _ file: Int32, _ position: Int64, _ what: Int32
    ) throws(SystemError) -> Int64? {
        do throws(SystemError) {
            return Int64(try syscall("lseek") { lseek(file, off_t(position), what) })
        } catch {
            if error.errno == ENXIO { return nil }
            throw error
        }
    }

    /// Bytes that the file has in the tar.
    var stored: UInt64 { segments.reduce(UInt64(text.count)) { $0.plus($1.length) } }

    /// As it stands before the bytes: the number of segments, and the place and length of each.
    var text: [UInt8] {
        var bytes = Array("\(segments.count)\n".utf8)
        for segment in segments {
            bytes += "\(segment.offset)\n\(segment.length)\n".utf8
        }
        return bytes + TarHeader.padding(UInt64(bytes.count))
    }
}
