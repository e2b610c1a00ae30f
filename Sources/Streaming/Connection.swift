internal import Model
internal import NIOCore
internal import Synchronization
internal import System
internal import Text

/// A client's connection: one request, which upgrades it to a streaming protocol.
struct Connection: Sendable {
    let channel: any Channel
    let book: TokenBook
    let settings: StreamingSettings
    let backend: ObservedBackend

    func serve(_ client: SocketChannel) async throws {
        let address = channel.remoteAddress?.description ?? ""
        defer { backend.connectionEnded(client: address) }
        try await client.executeThenClose { inbound, outbound in
            let established = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await Alarm.sleep(for: settings.creationTimeout)
                    if !established.isSet { try? await channel.close() }
                }
                defer { group.cancelAll() }
                let source = SocketSource(inbound)
                let link = Link(
                    write: { try await outbound.write(contentsOf: $0) },
                    close: { try? await channel.close() })
                try await answer(source, link, established)
            }
        }
    }

    /// Tells a client that there are too many. It is heard first, as long as that takes no time: bytes
    /// that nobody reads would have the kernel reset the connection, and the answer lost.
    func refuse(_ client: SocketChannel) async throws {
        try await client.executeThenClose { inbound, _ in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    var requests = inbound.makeAsyncIterator()
                    _ = try? await requests.next()
                }
                group.addTask { try? await Alarm.sleep(for: Self.hearing) }
                await group.next()
                group.cancelAll()
            }
            let failure = HTTPFailure(503, "\(settings.connections) clients are connected already")
            try await channel.writeAndFlush(failure.response)
        }
    }

    private static let hearing: Duration = .seconds(1)

    private func answer(_ source: SocketSource, _ link: Link, _ established: Flag) async throws {
        do {
            guard let head = try await readHead(source) else { return }
            switch head["upgrade"]?.lowercasedASCII {
            case "spdy/3.1": try await serveSPDY(head, source, link, established)
            case "websocket": try await serveWebSocket(head, source, link, established)
            default: throw HTTPFailure(400, "the request must upgrade to SPDY/3.1 or websocket")
            }
        } catch let failure as HTTPFailure {
            // Past the writer, to know when it is really sent.
            try await channel.writeAndFlush(failure.response)
        }
    }

    private func readHead(_ source: SocketSource) async throws -> HTTPHead? {
        var bytes = ByteBuffer()
        while let more = try await source.next() {
            bytes.writeImmutableBuffer(more)
            if let head = try HTTPHead.parse(&bytes) {
                source.unread(bytes)
                return head
            }
        }
        return nil
    }

    /// What the URL of `head` stands for, which it does once.
    func redeem(_ head: HTTPHead) throws -> StreamingRequest {
        let parts = head.path.split(at: "/")
        guard parts.count == 2,
            let request = book.redeem(String(parts[1]), verb: String(parts[0]))
        else { throw HTTPFailure(404, "this URL is unknown, or was used, or has expired") }
        backend.began(request)
        return request
    }

    /// How `request` gets its process, and which streams belong to it; nil for port-forwarding.
    func command(
        _ request: StreamingRequest
    ) -> (streams: CommandStreams, open: @Sendable () async throws -> StreamSession)? {
        let backend = backend
        switch request {
        case .exec(let exec):
            return (CommandStreams(exec), { try await backend.exec(exec) })
        case .attach(let attach):
            return (CommandStreams(attach), { try await backend.attach(attach) })
        case .portForward: return nil
        }
    }
}

/// Set once.
final class Flag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }

    func set() {
        value.withLock { $0 = true }
    }
}
