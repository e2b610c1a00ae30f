internal import NIOCore
internal import Synchronization

/// The messages of a WebSocket, read by one task. Pings and the closing are dealt with here.
final class WebSocketPeer {
    private let source: any ByteSource
    private let outlet: WebSocketOutlet
    private var decoder = WebSocketDecoder()

    init(_ source: any ByteSource, _ outlet: WebSocketOutlet) {
        self.source = source
        self.outlet = outlet
    }

    /// - Returns: nil when the client is gone, or says that it goes.
    func next() async throws -> ByteBuffer? {
        do {
            return try await message()
        } catch let error as WebSocketError {
            try await outlet.close(error.status)
            throw error
        }
    }

    private func message() async throws -> ByteBuffer? {
        while true {
            while let message = try decoder.next() {
                switch message.opcode {
                case .ping: try await outlet.send(.pong, [message.bytes])
                case .pong: break
                case .close:
                    try await outlet.close(1000)
                    return nil
                case .text, .binary, .continuation: return message.bytes
                }
            }
            guard let bytes = try await source.next() else { return nil }
            decoder.append(bytes)
        }
    }
}

/// The way out of a WebSocket, for any task.
final class WebSocketOutlet: Sendable {
    private let link: Link
    private let isClosed = Flag()

    init(_ link: Link) {
        self.link = link
    }

    func send(_ opcode: WebSocketOpcode, _ parts: [ByteBuffer]) async throws {
        guard !isClosed.isSet else { return }
        try await link.write(WebSocketEncoder.frame(opcode, parts))
    }

    /// Sends a close frame, once.
    func close(_ status: UInt16) async throws {
        guard !isClosed.isSet else { return }
        isClosed.set()
        try await link.write(WebSocketEncoder.frame(.close, [ByteBuffer(integer: status)]))
    }

    /// Ends the connection itself.
    func disconnect() async {
        await link.close()
    }
}

/// SPDY in the binary messages of a WebSocket, as clients tunnel port-forwarding.
final class TunnelSource: ByteSource {
    private let peer: WebSocketPeer

    init(_ peer: WebSocketPeer) {
        self.peer = peer
    }

    func next() async throws -> ByteBuffer? { try await peer.next() }
}
