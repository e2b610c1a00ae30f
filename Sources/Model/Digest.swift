internal import Text

/// A content's digest, as OCI writes it: `sha256:…` (image-spec, descriptor.md#digests).
public struct Digest: Hashable, Sendable {
    /// The registered algorithms; others are refused.
    public enum Algorithm: String, Sendable {
        case sha256, sha512

        var hexCount: Int { self == .sha256 ? 64 : 128 }
    }

    public let algorithm: Algorithm
    /// Lower-case hexadecimal digits, as many as the algorithm has.
    public let hex: String

    private init(algorithm: Algorithm, hex: String) {
        self.algorithm = algorithm
        self.hex = hex
    }

    /// - Throws: `GantryError` (`invalidArgument`): no such algorithm, or not its number of digits.
    public init(parsing text: String) throws(GantryError) {
        let parts = text.split(at: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let algorithm = Algorithm(rawValue: String(parts[0])) else {
            throw GantryError(
                .invalidArgument, "\"\(text)\" is not a digest: want sha256:… or sha512:…")
        }
        let hex = parts[1]
        guard hex.utf8.count == algorithm.hexCount, hex.utf8.allSatisfy(Self.isHexDigit) else {
            throw GantryError(
                .invalidArgument,
                "\"\(text)\" is not a digest: want \(algorithm.hexCount) lower-case hex digits")
        }
        self.init(algorithm: algorithm, hex: String(hex))
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte)
    }

    /// From the bytes that a digest's algorithm gives.
    public init(_ algorithm: Algorithm, bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        self.init(algorithm: algorithm, hex: String(decoding: text, as: UTF8.self))
    }
}

extension Digest: CustomStringConvertible {
    public var description: String { "\(algorithm.rawValue):\(hex)" }
}
