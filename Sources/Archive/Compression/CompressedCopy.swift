internal import Glibc
public import ImageProtocol
public import Kernel
public import Model

/// Writes a tar compressed into an empty file.
public enum CompressedCopy {
    /// Blocks.
    /// - Parameters:
    ///   - digest: what the tar must have.
    ///   - file: empty; must outlive the call.
    /// - Returns: the digest of what was written.
    /// - Throws: `dataLoss` for another tar; `SystemError`; `CancellationError`.
    public static func write(
        _ tar: FilePart, _ digest: Digest, as compression: BlobCompression,
        to file: borrowing Descriptor, isCancelled: () -> Bool
    ) throws -> Digest {
        let deflater: any Deflater =
            switch compression {
            case .gzip: GzipDeflater()
            case .zstd: ZstdDeflater()
            }
        var plain = DigestStream(digest.algorithm)
        var packed = DigestStream(.sha256)
        let number = file.raw
        try tar.stream { bytes in
            if isCancelled() { throw CancellationError() }
            try bytes.withUnsafeBytes {
                plain.update($0)
                try deflater.deflate($0, isLast: false) { bytes in
                    packed.update(bytes)
                    try write(bytes, to: number)
                }
            }
        }
        try deflater.deflate(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) { bytes in
            packed.update(bytes)
            try write(bytes, to: number)
        }
        guard plain.finish() == digest else {
            throw GantryError(.dataLoss, "\(tar.name) is not \(digest)")
        }
        return packed.finish()
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws {
        var rest = bytes
        while !rest.isEmpty {
            let part = rest
            let count = try syscall("write") { Glibc.write(file, part.baseAddress, part.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
