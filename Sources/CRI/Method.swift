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

    public private(set) var unary: [String: Unary] = [:]

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
}
