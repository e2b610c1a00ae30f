internal import CCrypto
public import Model

/// A public key that signatures are checked with: elliptic curve, RSA (PKCS #1) or Ed25519.
public struct PublicKey: Hashable, Sendable {
    private let pem: [UInt8]

    /// - Parameter pem: a SubjectPublicKeyInfo (RFC 7468, 13), as `openssl pkey -pubout` and cosign
    ///   write it.
    /// - Throws: `GantryError` (`invalidArgument`) when that is none, or one of another kind.
    public init(pem: [UInt8]) throws(GantryError) {
        self.pem = pem
        guard let key = Handle(pem) else {
            throw GantryError(.invalidArgument, "this is no public key in PEM")
        }
        guard [EVP_PKEY_EC, EVP_PKEY_RSA, EVP_PKEY_ED25519].contains(key.kind) else {
            throw GantryError(.invalidArgument, "the key is neither EC, RSA nor Ed25519")
        }
    }

    /// Whether this key's owner signed `message`; with SHA-256, where the key's kind has no digest of
    /// its own.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = Handle(pem), let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let digest = key.kind == EVP_PKEY_ED25519 ? nil : EVP_sha256()
        guard EVP_DigestVerifyInit(context, nil, digest, nil, key.raw) == 1 else { return false }
        // Below zero is an error, such as a signature that is none.
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// libcrypto's form of a key.
private final class Handle {
    let raw: OpaquePointer

    init?(_ pem: [UInt8]) {
        guard let source = BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else { return nil }
        defer { BIO_free(source) }
        guard let key = PEM_read_bio_PUBKEY(source, nil, nil, nil) else { return nil }
        raw = key
    }

    deinit {
        EVP_PKEY_free(raw)
    }

    /// One of `EVP_PKEY_…`.
    var kind: Int32 { EVP_PKEY_get_base_id(raw) }
}
