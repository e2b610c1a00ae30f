internal import CCrypto
public import Model

/// A digest of bytes that come in pieces.
struct DigestStream: ~Copyable {
    private let context: OpaquePointer
    private let algorithm: Digest.Algorithm

    init(_ algorithm: Digest.Algorithm) {
        guard let context = EVP_MD_CTX_new() else { fatalError("libcrypto: out of memory") }
        self.context = context
        self.algorithm = algorithm
        start()
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    private func start() {
        let kind = algorithm == .sha256 ? EVP_sha256() : EVP_sha512()
        let started = EVP_DigestInit_ex(context, kind, nil)
        precondition(started == 1, "libcrypto has no \(algorithm)")
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all so far; the stream starts anew.
    mutating func finish() -> Digest {
        var bytes = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        EVP_DigestFinal_ex(context, &bytes, &count)
        start()
        return Digest(algorithm, bytes: bytes[..<Int(count)])
    }
}

extension Digest {
    /// The digest of bytes that are in memory.
    public init(of bytes: [UInt8], _ algorithm: Algorithm = .sha256) {
        var stream = DigestStream(algorithm)
        bytes.withUnsafeBytes { stream.update($0) }
        self = stream.finish()
    }
}
