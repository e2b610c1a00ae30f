public import Kernel
internal import Glibc
public import Model

extension LayerStream {
    /// A layer's plain tar in a file.
    public struct Tar: Sendable {
        /// Its digest (image-spec, config.md#layer-diffid).
        public let diffID: Digest
        /// In bytes.
        public let size: UInt64
    }

    /// Writes the plain tar into an empty file, instead of unpacking it. What is in the tar is not looked
    /// at: that is for who reads it, who may find anything there.
    /// - Throws: `SystemError` of the disk; what ended the download.
    public func keep(in file: borrowing Descriptor) throws -> Tar {
        do {
            var digest = DigestStream(.sha256)
            var size: UInt64 = 0
            while true {
                let bytes = try pipe.next()
                if bytes.isEmpty { return Tar(diffID: digest.finish(), size: size) }
                digest.update(bytes)
                try Self.write(bytes, to: file.raw)
                size = size.plus(UInt64(clamping: bytes.count))
            }
        } catch {
            pipe.fail(error)
            throw error
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = try syscall("write") { Glibc.write(file, part.baseAddress, part.count) }
            rest = rest.dropFirst(count)
        }
    }
}
