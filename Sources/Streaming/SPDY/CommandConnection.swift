internal import NIOCore
internal import Synchronization
internal import System

/// Exec and attach over SPDY: a stream for each channel, named by its header `streamType`.
struct SPDYCommandConnection {
    /// How long a client may take to close a connection on which all is said.
    private static let farewell: Duration = .seconds(5)

    let peer: SPDYPeer
    let link: Link
    let wire: SPDYCommandWire
    let session: CommandSession
    /// What the client has to open before the session begins.
    let expected: Set<CommandChannel>
    /// Called when it has.
    let established: @Sendable () -> Void

    func run() async throws {
        while !wire.isComplete(expected) {
            guard let frame = try await peer.next() else { return }
            try await take(frame)
        }
        established()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [session, link] in
                do {
                    try await session.run()
                    try await Alarm.sleep(for: Self.farewell)
                } catch {}
                await link.close()
            }
            defer { group.cancelAll() }
            while let frame = try await peer.next() { try await take(frame) }
        }
    }

    private func take(_ frame: SPDYFrame) async throws {
        switch frame {
        case .synStream(let stream, let headers, let isLast):
            try await open(stream, headers["streamtype"] ?? "", isLast)
        case .data(let stream, let bytes, let isLast):
            await receive(bytes, on: stream)
            if isLast { end(stream) }
        case .reset(let stream, _): end(stream)
        default: break
        }
    }

    private func open(_ stream: UInt32, _ type: String, _ isLast: Bool) async throws {
        guard let channel = CommandChannel(streamType: type), wire.add(stream, channel) else {
            return try await peer.refuse(stream)
        }
        try await peer.accept(stream)
        if isLast { end(stream) }
    }

    private func receive(_ bytes: ByteBuffer, on stream: UInt32) async {
        switch wire.channel(of: stream) {
        case .stdin: await session.stdin.put(bytes)
        case .resize: session.sizes.put(bytes)
        default: break
        }
    }

    private func end(_ stream: UInt32) {
        if wire.channel(of: stream) == .stdin { session.stdin.finish() }
    }
}

/// Which stream of a connection carries which channel.
final class SPDYCommandWire: CommandWire {
    private let outlet: SPDYOutlet
    private let streams = Mutex<[CommandChannel: UInt32]>([:])
    private let closed = Mutex<Set<CommandChannel>>([])

    init(_ link: Link) {
        outlet = SPDYOutlet(link: link)
    }

    /// - Returns: false when there is a stream for the channel.
    func add(_ stream: UInt32, _ channel: CommandChannel) -> Bool {
        streams.withLock { streams in
            guard streams[channel] == nil else { return false }
            streams[channel] = stream
            return true
        }
    }

    func isComplete(_ expected: Set<CommandChannel>) -> Bool {
        streams.withLock { expected.isSubset(of: $0.keys) }
    }

    func channel(of stream: UInt32) -> CommandChannel? {
        streams.withLock { $0.first { $0.value == stream }?.key }
    }

    func send(_ channel: CommandChannel, _ bytes: ByteBuffer) async throws {
        guard let stream = streams.withLock({ $0[channel] }) else { return }
        try await outlet.send(bytes, on: stream)
    }

    func close(_ channel: CommandChannel) async throws {
        guard let stream = streams.withLock({ $0[channel] }),
            closed.withLock({ $0.insert(channel).inserted })
        else { return }
        try await outlet.finish(stream)
    }
}
