internal import Glibc
public import Kernel
public import Model

/// Some bytes of an open file: all of it, or an entry of a tar where it stands. Reading blocks; any
/// number of threads may do it at once.
public struct FilePart: Sendable {
    /// The file lives as long as a part of it is known.
    final class Owner: Sendable {
        let descriptor: Descriptor

        init(_ descriptor: consuming Descriptor) {
            self.descriptor = descriptor
        }
    }

    let owner: Owner
    /// What errors call it.
    public let name: String
    let offset: UInt64
    /// In bytes.
    public let size: UInt64

    private static let chunk = 256 << 10

    /// - Throws: `SystemError`; `EINVAL` for what is no regular file.
    public init(whole file: consuming Descriptor, _ name: String) throws(SystemError) {
        size = UInt64(try Files.size(of: file, name))
        owner = Owner(file)
        offset = 0
        self.name = name
    }

    /// The part of this part that an entry of a tar is.
    func part(named name: String, at start: UInt64, size: UInt64) -> FilePart {
        FilePart(owner: owner, name: name, offset: offset + start, size: size)
    }

    private init(owner: Owner, name: String, offset: UInt64, size: UInt64) {
        self.owner = owner
        self.name = name
        self.offset = offset
        self.size = size
    }

    /// - Throws: `GantryError` (`resourceExhausted`) when there are more bytes than `limit`.
    public func read(limit: Int) throws -> [UInt8] {
        guard size <= limit else {
            throw GantryError(.resourceExhausted, "\(name) is longer than \(limit) bytes")
        }
        var content: [UInt8] = []
        try stream { content += $0.withUnsafeBytes { Array($0) } }
        return content
    }

    /// Hands the bytes from `start` on to `sink`, piece by piece.
    /// - Throws: what `sink` throws; `GantryError` (`dataLoss`) when the file ends too soon.
    public func stream(from start: UInt64 = 0, to sink: (RawSpan) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 64)
        defer { buffer.deallocate() }
        var position = start
        while position < size {
            let wanted = Int(min(UInt64(Self.chunk), size - position))
            let count = try read(into: buffer, wanted, at: position)
            try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes)
            position += UInt64(count)
        }
    }

    /// Reads some of the bytes at `position`; at least one.
    public func read(
        into buffer: UnsafeMutableRawBufferPointer, _ wanted: Int, at position: UInt64
    ) throws -> Int {
        let number = owner.descriptor.raw
        let place = Int(offset + position)
        let count = try syscall("read", name) { pread(number, buffer.baseAddress, wanted, place) }
        if count == 0 {
            throw GantryError(.dataLoss, "\(name) ends after \(position) of \(size) bytes")
        }
        return count
    }

    public func compression() throws -> Compression {
        Compression(head: try part(named: name, at: 0, size: min(size, 4)).read(limit: 4))
    }

    public func digest() throws -> Digest {
        var digest = DigestStream(.sha256)
        try stream { $0.withUnsafeBytes { digest.update($0) } }
        return digest.finish()
    }
}
