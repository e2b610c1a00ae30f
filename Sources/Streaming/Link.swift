internal import NIOCore

/// Where a protocol's bytes come from: a connection, or messages in which they are wrapped.
///
/// Not sendable: one task reads a connection.
protocol ByteSource: AnyObject {
    /// - Returns: nil at the end.
    func next() async throws -> ByteBuffer?
}

/// The way out of a connection. What is written at once stays together.
struct Link: Sendable {
    let write: @Sendable ([ByteBuffer]) async throws -> Void
    let close: @Sendable () async -> Void
}

/// Reads a socket.
final class SocketSource: ByteSource {
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var unread: ByteBuffer?

    init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) {
        iterator = inbound.makeAsyncIterator()
    }

    func next() async throws -> ByteBuffer? {
        if let bytes = unread.take() { return bytes }
        return try await iterator.next()
    }

    /// Gives bytes back that belong to what comes next.
    func unread(_ bytes: ByteBuffer) {
        if bytes.readableBytes > 0 { unread = bytes }
    }
}
