internal import NIOCore
internal import System

/// Exec and attach over a WebSocket: the first byte of a message says which channel it is for.
struct WebSocketCommandConnection {
    /// How long a client may take to close a connection on which all is said.
    private static let farewell: Duration = .seconds(5)
    /// The channel on which a client says that it closes another (version 5).
    private static let closeSignal: UInt8 = 255

    let peer: WebSocketPeer
    let outlet: WebSocketOutlet
    let wire: WebSocketCommandWire
    let session: CommandSession
    let streams: CommandStreams

    func run() async throws {
        // Tells the client that the connection stands, as Kubernetes' own server does.
        let first: CommandChannel = streams.stdout ? .stdout : streams.stderr ? .stderr : .error
        try await wire.send(first, ByteBuffer())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [session, outlet] in
                do {
                    try await session.run()
                    try await outlet.close(1000)
                    try await Alarm.sleep(for: Self.farewell)
                } catch {}
                await outlet.disconnect()
            }
            defer { group.cancelAll() }
            while let message = try await peer.next() { try await take(message) }
        }
    }

    private func take(_ message: ByteBuffer) async throws {
        guard var bytes = wire.framing.decode(message),
            let number = bytes.readInteger(as: UInt8.self)
        else { throw WebSocketError(status: 1007, what: "a message without a channel") }
        if number == Self.closeSignal, session.version >= 5 {
            if bytes.readInteger(as: UInt8.self) == CommandChannel.stdin.rawValue {
                session.stdin.finish()
            }
            return
        }
        switch CommandChannel(rawValue: number) {
        case .stdin: await session.stdin.put(bytes)
        case .resize: session.sizes.put(bytes)
        default: break
        }
    }
}

/// How the channel and the bytes of a message are written.
enum WebSocketFraming: Equatable {
    case binary
    /// The channel as a digit, the bytes in base64, in a message of text.
    case base64

    /// - Returns: the channel's number and the bytes; nil when they are not written so.
    func decode(_ message: ByteBuffer) -> ByteBuffer? {
        guard self == .base64 else { return message }
        var text = message
        guard let digit = text.readInteger(as: UInt8.self), digit >= UInt8(ascii: "0"),
            let bytes = Base64.decode(text.readableBytesView)
        else { return nil }
        return ByteBuffer(bytes: [digit - UInt8(ascii: "0")] + bytes)
    }

    func encode(_ channel: UInt8, _ bytes: ByteBuffer) -> (WebSocketOpcode, [ByteBuffer]) {
        switch self {
        case .binary: (.binary, [ByteBuffer(integer: channel), bytes])
        case .base64:
            (
                .text,
                [
                    ByteBuffer(integer: UInt8(ascii: "0") + channel),
                    ByteBuffer(string: Base64.encode(bytes.readableBytesView)),
                ]
            )
        }
    }
}

/// Sends the channels of an exec or attach over a WebSocket, which ends them all at once.
struct WebSocketCommandWire: CommandWire {
    let outlet: WebSocketOutlet
    let framing: WebSocketFraming

    func send(_ channel: CommandChannel, _ bytes: ByteBuffer) async throws {
        let (opcode, parts) = framing.encode(channel.rawValue, bytes)
        try await outlet.send(opcode, parts)
    }

    func close(_ channel: CommandChannel) async throws {}
}
