internal import CSHA256
public import Model

extension Digest {
    /// The SHA-256 digest of a document.
    public static func sha256(of bytes: [UInt8]) -> Digest {
        var context = SHA256_CTX()
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256_Init(&context)
        SHA256_Update(&context, bytes, bytes.count)
        SHA256_Final(&digest, &context)
        return Digest(.sha256, bytes: digest)
    }
}
