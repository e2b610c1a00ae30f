public import EROFS
internal import Glibc
public import Kernel
public import Model

/// An image's index on its way into a file.
public struct IndexFile: ~Copyable {
    private let metadata: Metadata
    private let layers: [FilePart]

    private static let chunk = 256 << 10

    /// - Parameter layers: the tars that it speaks of, in their order.
    public init(_ metadata: Metadata, over layers: [FilePart]) {
        self.metadata = metadata
        self.layers = layers
    }

    /// Writes it into an empty file, whose holes it leaves as they are.
    /// - Parameter isCancelled: asked again and again.
    /// - Returns: the digest of the metadata and of what is copied, in their order.
    /// - Throws: `SystemError`; `GantryError` (`dataLoss`) when a tar ends too soon; `CancellationError`.
    public func write(
        to file: borrowing Descriptor, isCancelled: () -> Bool = { false }
    ) throws -> Digest {
        var digest = DigestStream(.sha256)
        let number = file.raw
        try metadata.bytes.withUnsafeBytes { bytes in
            digest.update(bytes)
            try Self.write(bytes, to: number, at: 0)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 64)
        defer { buffer.deallocate() }
        for copy in metadata.copies {
            var done: UInt64 = 0
            while done < copy.length {
                if isCancelled() { throw CancellationError() }
                let wanted = Int(min(UInt64(Self.chunk), copy.length - done))
                let count = try layers[copy.device].read(
                    into: buffer, wanted, at: copy.position + done)
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                digest.update(bytes)
                try Self.write(bytes, to: number, at: copy.target + done)
                done += UInt64(count)
            }
        }
        try syscall("ftruncate") { ftruncate(number, Int(metadata.size)) }
        return digest.finish()
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to file: Int32, at position: UInt64
    ) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let place = Int(position) + rest.startIndex
            let count = try syscall("write") { pwrite(file, part.baseAddress, part.count, place) }
            rest = rest.dropFirst(count)
        }
    }
}
