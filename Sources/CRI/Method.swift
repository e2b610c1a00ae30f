/// A unary RPC: its full path and the types of its messages.
public struct Method<Request: Message, Response: Message>: Sendable {
    public let path: String

    init(_ path: String) {
        self.path = path
    }
}

/// An RPC that answers with a stream.
public struct StreamMethod<Request: Message, Response: Message>: Sendable {
    public let path: String

    init(_ path: String) {
        self.path = path
    }
}

/// What answers each RPC, in bytes: what a transport needs, and no more. An RPC that is not in it is
/// not implemented.
public struct MethodTable: Sendable {
    public typealias Unary = @Sendable ([UInt8]) async throws -> [UInt8]
    /// Sends one message of a stream and returns when the transport takes the next.
    public typealias Send<Message> = @Sendable (Message) async throws -> Void
    public typealias Streaming = @Sendable ([UInt8], @escaping Send<[UInt8]>) async throws -> Void

    public private(set) var unary: [String: Unary] = [:]
    public private(set) var streaming: [String: Streaming] = [:]

    public init() {}

    public mutating func answer<Request, Response>(
        _ method: Method<Request, Response>,
        _ body: @escaping @Sendable (Request) async throws -> Response
    ) {
        unary[method.path] = { try await body(Request.decode($0)).encoded() }
    }

    /// For responses that are put together from encodings; see `Lists`.
    public mutating func answerEncoded<Request, Response>(
        _ method: Method<Request, Response>,
        _ body: @escaping @Sendable (Request) async throws -> [UInt8]
    ) {
        unary[method.path] = { try await body(Request.decode($0)) }
    }

    /// The stream ends when `body` returns, and with an error when it throws.
    public mutating func stream<Request, Response>(
        _ method: StreamMethod<Request, Response>,
        _ body: @escaping @Sendable (Request, @escaping Send<Response>) async throws -> Void
    ) {
        streamEncoded(method) { request, send in
            try await body(request) { try await send($0.encoded()) }
        }
    }

    /// For messages that are put together from encodings; see `Lists`.
    public mutating func streamEncoded<Request, Response>(
        _ method: StreamMethod<Request, Response>,
        _ body: @escaping @Sendable (Request, @escaping Send<[UInt8]>) async throws -> Void
    ) {
        streaming[method.path] = { try await body(Request.decode($0), $1) }
    }
}
