internal import Model

/// A tar out of a pipe, whose digest is taken on the way.
final class PipedTar: TarInput {
    private let pipe: BytePipe
    private var digest = DigestStream(.sha256)
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var position: UInt64 = 0

    init(_ pipe: BytePipe) {
        self.pipe = pipe
    }

    func next(upTo limit: UInt64) throws -> UnsafeRawBufferPointer {
        if rest.isEmpty && limit > 0 {
            rest = try pipe.next()
            digest.update(rest)
        }
        let count = Int(min(limit, UInt64(rest.count)))
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        position += UInt64(count)
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    func skip(_ count: UInt64) throws -> UInt64 {
        var left = count
        while left > 0 {
            let passed = try next(upTo: left).count
            if passed == 0 { break }
            left -= UInt64(passed)
        }
        return count - left
    }

    /// Throws when the other side of the pipe has failed, or the pull was cancelled.
    func check() throws {
        try pipe.check()
    }

    /// Reads to the end of the stream, which may have more than the archive, and returns the digest of
    /// all bytes (the OCI DiffID).
    func finish() throws -> Digest {
        while try !next(upTo: .max).isEmpty {}
        return digest.finish()
    }
}
