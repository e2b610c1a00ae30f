internal import Model

/// Whether bytes that come in pieces are the content that was announced.
struct ContentCheck: ~Copyable {
    private var stream: DigestStream
    private let digest: Digest
    private let size: UInt64
    private(set) var count: UInt64 = 0

    init(_ digest: Digest, size: UInt64) {
        stream = DigestStream(digest.algorithm)
        self.digest = digest
        self.size = size
    }

    /// - Throws: `GantryError` (`dataLoss`) for more bytes than were announced.
    mutating func add(_ bytes: UnsafeRawBufferPointer) throws(GantryError) {
        count += UInt64(bytes.count)
        guard count <= size else {
            throw GantryError(.dataLoss, "\(digest) is longer than the \(size) bytes announced")
        }
        stream.update(bytes)
    }

    /// After the last bytes.
    /// - Throws: `GantryError` (`dataLoss`) for too few of them, or others.
    mutating func finish() throws(GantryError) {
        guard count == size else {
            throw GantryError(.dataLoss, "\(digest) ended after \(count) of \(size) bytes")
        }
        let actual = stream.finish()
        guard actual == digest else {
            throw GantryError(.dataLoss, "\(digest) was asked for, and \(actual) came")
        }
    }
}
