internal import NIOCore

/// One end of a SPDY connection, used by the one task that reads it.
///
/// There is no flow control of SPDY's own: the clients of Kubernetes (moby/spdystream) neither
/// grant windows nor keep to them. What holds a sender up is the socket.
final class SPDYPeer {
    private let source: any ByteSource
    private let link: Link
    private var decoder: SPDYDecoder
    private var encoder: SPDYEncoder

    init(_ source: any ByteSource, _ link: Link) throws {
        self.source = source
        self.link = link
        decoder = try SPDYDecoder()
        encoder = try SPDYEncoder()
    }

    /// The next frame that concerns a stream.
    /// - Returns: nil when the client is gone, or says that it goes.
    func next() async throws -> SPDYFrame? {
        while true {
            while let frame = try decoder.next() {
                switch frame {
                // A ping with an odd number is the client's (section 2.6.5).
                case .ping(let id) where id % 2 == 1: try await send(frame)
                case .goAway: return nil
                case .ping, .settings, .windowUpdate, .headers, .synReply: break
                case .synStream, .data, .reset: return frame
                }
            }
            guard let bytes = try await source.next() else { return nil }
            decoder.append(bytes)
        }
    }

    func accept(_ stream: UInt32) async throws {
        try await send(.synReply(stream: stream, headers: [], isLast: false))
    }

    /// Refuses a stream with the status REFUSED_STREAM.
    func refuse(_ stream: UInt32) async throws {
        try await send(.reset(stream: stream, status: 3))
    }

    private func send(_ frame: SPDYFrame) async throws {
        try await link.write([try encoder.encode(frame)])
    }
}

/// The way out for the data of streams, for any task.
struct SPDYOutlet: Sendable {
    let link: Link

    func send(_ bytes: ByteBuffer, on stream: UInt32, isLast: Bool = false) async throws {
        let header = SPDYEncoder.dataHeader(stream, length: bytes.readableBytes, isLast: isLast)
        try await link.write(bytes.readableBytes > 0 ? [header, bytes] : [header])
    }

    func finish(_ stream: UInt32) async throws {
        try await send(ByteBuffer(), on: stream, isLast: true)
    }
}
