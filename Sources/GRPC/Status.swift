/// How a call ended: a code of grpc.io/docs/guides/status-codes and a message for people.
public struct Status: Error, Sendable {
    public var code: Int32
    public var message: String

    public init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    static let ok = Status(code: 0, message: "")
    static let unimplemented: Int32 = 12
    static let `internal`: Int32 = 13
}

/// What is called under one path.
public enum Method: Sendable {
    case unary(@Sendable ([UInt8]) async throws -> [UInt8])
    case serverStreaming(@Sendable ([UInt8], ResponseWriter) async throws -> Void)
}
