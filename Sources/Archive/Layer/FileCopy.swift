internal import Glibc
internal import Kernel

/// Copies what is in one file into an empty one; holes stay holes.
struct FileCopy {
    let source: Int32
    let target: Int32
    let name: String

    private static let chunk = 256 << 10
    // lseek(2).
    private static let seekData: Int32 = 3
    private static let seekHole: Int32 = 4

    func run(_ isCancelled: () -> Bool) throws -> FileSum {
        var status = stat()
        try syscall("fstat", name) { fstat(source, &status) }
        let size = Int(status.st_size)
        try syscall("ftruncate", name) { ftruncate(target, size) }
        var sum = FileSum()
        var place = 0
        while place < size {
            let start = lseek(source, place, Self.seekData)
            if start < 0 && errno == ENXIO { break }
            place = try syscall("lseek", name) { start }
            let end = try syscall("lseek", name) { lseek(source, place, Self.seekHole) }
            try copy(place..<end, &sum, isCancelled)
            place = end
        }
        sum.end(at: UInt64(size))
        return sum
    }

    private func copy(
        _ range: Range<Int>, _ sum: inout FileSum, _ isCancelled: () -> Bool
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 64)
        defer { buffer.deallocate() }
        var place = range.lowerBound
        while place < range.upperBound {
            if isCancelled() { throw CancellationError() }
            let wanted = min(Self.chunk, range.upperBound - place)
            let count = try syscall("read", name) {
                pread(source, buffer.baseAddress, wanted, place)
            }
            if count == 0 { return }
            sum.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: UInt64(place))
            var written = 0
            while written < count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written..<count])
                written += try syscall("write", name) {
                    pwrite(target, rest.baseAddress, rest.count, place + written)
                }
            }
            place += count
        }
    }
}
