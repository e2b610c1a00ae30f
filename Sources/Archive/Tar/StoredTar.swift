internal import Glibc
internal import Kernel

/// A tar in a file, whose contents are passed over without being read.
final class StoredTar: TarInput {
    private static let chunk = 64 << 10

    private let tar: FilePart
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
    /// Where in the tar the buffer's bytes are.
    private var held: Range<UInt64> = 0..<0
    private(set) var position: UInt64 = 0

    init(_ tar: FilePart) {
        self.tar = tar
    }

    deinit {
        buffer.deallocate()
    }

    func next(upTo limit: UInt64) throws -> UnsafeRawBufferPointer {
        if !held.contains(position) { try fill() }
        let start = Int(position - held.lowerBound)
        let count = Int(min(limit, held.upperBound - position))
        position += UInt64(count)
        return UnsafeRawBufferPointer(rebasing: buffer[start..<(start + count)])
    }

    private func fill() throws {
        let wanted = Int(min(UInt64(Self.chunk), tar.size - position))
        let count = wanted == 0 ? 0 : try tar.read(into: buffer, wanted, at: position)
        held = position..<(position + UInt64(count))
    }

    func skip(_ count: UInt64) -> UInt64 {
        let passed = min(count, tar.size - position)
        position += passed
        return passed
    }
}
