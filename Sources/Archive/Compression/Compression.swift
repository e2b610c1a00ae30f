/// How a stream is compressed, as its first bytes say.
public enum Compression: Sendable {
    case none, gzip, zstd

    /// So many of the first bytes tell.
    static let headCount = 4

    public init(head: [UInt8]) {
        // A skippable frame, 0x184D2A50 to 0x184D2A5F (RFC 8878, 3.1.2): zstd:chunked begins so.
        let isSkippable =
            head.count >= 4 && head[0] & 0xf0 == 0x50 && head[1...3] == [0x2a, 0x4d, 0x18]
        if head.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) || isSkippable {
            self = .zstd
        } else {
            self = .none
        }
    }
}
