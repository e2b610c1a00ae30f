internal import CSHA256
internal import Glibc
internal import Kernel
internal import Model

extension Digest {
    /// The SHA-256 digest of a file's bytes. Blocks.
    static func sha256(ofFile path: String) throws(SystemError) -> Digest {
        let file = try Files.open(path)
        var context = SHA256_CTX()
        SHA256_Init(&context)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let number = file.raw
            let count = try syscall("read", path) { read(number, buffer.baseAddress, buffer.count) }
            if count == 0 { break }
            SHA256_Update(&context, buffer.baseAddress, count)
        }
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256_Final(&digest, &context)
        return Digest(.sha256, bytes: digest)
    }
}
