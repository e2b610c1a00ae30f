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

    /// The same, with the message cut where it would not fit into the client's metadata.
    var fitted: Status {
        var room = Self.wireLimit
        let end = message.utf8.firstIndex { byte in
            room -= Self.wireLength(byte)
            return room < 0
        }
        guard let end else { return self }
        var index = message.startIndex
        while index < message.endIndex, message.index(after: index) <= end {
            index = message.index(after: index)
        }
        return Status(code: code, message: message[..<index] + "…")
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
