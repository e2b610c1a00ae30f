/// How a call ended: a code of grpc.io/docs/guides/status-codes and a message for people.
public struct Status: Error, Sendable {
    public var code: Int32
    public var message: String

    public init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    public static let ok = Status(code: 0, message: "")
    static let unimplemented: Int32 = 12
    static let `internal`: Int32 = 13

    /// As Go's gRPC spells it, which is what dashboards know.
    public var codeName: String {
        let index = Int(code)
        return Self.names.indices.contains(index) ? Self.names[index] : "Code(\(code))"
    }

    private static let names = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
        "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted",
        "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ]

    /// What a message may take on the wire. Clients of the C core refuse metadata over 8 KiB, and
    /// then know neither the message nor the code.
    private static let wireLimit = 6 << 10

    /// The same, with the middle of a message left out that would not fit into the client's metadata:
    /// what is wrong may stand at either end of a long value.
    var fitted: Status {
        let length = message.utf8.reduce(0) { $0 + Self.wireLength($1) }
        if length <= Self.wireLimit { return self }
        let scalars = message.unicodeScalars
        let start = String(String.UnicodeScalarView(scalars.prefix(Self.fitting(scalars))))
        let end = String(String.UnicodeScalarView(scalars.suffix(Self.fitting(scalars.reversed()))))
        return Status(code: code, message: "\(start) … \(end)")
    }

    /// How many scalars from the start half of the limit has room for.
    private static func fitting(_ scalars: some Sequence<Unicode.Scalar>) -> Int {
        var room = wireLimit / 2 - 8
        var count = 0
        for scalar in scalars {
            room -=
                UTF8.width(scalar) == 1 ? wireLength(UInt8(scalar.value)) : 3 * UTF8.width(scalar)
            if room < 0 { break }
            count += 1
        }
        return count
    }

    /// Percent-encoding triples what is not printable ASCII, and `%` (gRPC over HTTP/2,
    /// Status-Message).
    private static func wireLength(_ byte: UInt8) -> Int {
        (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "%") ? 1 : 3
    }
}

/// What is called under one path.
public enum Method: Sendable {
    case unary(@Sendable ([UInt8]) async throws -> [UInt8])
    case serverStreaming(@Sendable ([UInt8], ResponseWriter) async throws -> Void)
}
