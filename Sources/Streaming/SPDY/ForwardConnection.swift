internal import NIOCore
internal import System

/// Port-forwarding over SPDY: for each connection a client opens a stream for errors and one for
/// data, both with the headers `port` and `requestID`.
struct SPDYForwardConnection {
    private let peer: SPDYPeer
    private let table = ForwardTable()
    private let forwarder: SPDYForwarder

    init(
        peer: SPDYPeer, link: Link, sandbox: String, backend: any StreamingBackend,
        creationTimeout: Duration
    ) {
        self.peer = peer
        forwarder = SPDYForwarder(
            outlet: SPDYOutlet(link: link), sandbox: sandbox, backend: backend, table: table,
            creationTimeout: creationTimeout)
    }

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            defer {
                table.abandonAll()
                group.cancelAll()
            }
            while let frame = try await peer.next() { try await take(frame, &group) }
        }
    }

    private func take(
        _ frame: SPDYFrame, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        switch frame {
        case .synStream(let stream, let headers, let isLast):
            guard let key = table.open(stream, headers, isLast) else {
                return try await peer.refuse(stream)
            }
            try await peer.accept(stream)
            guard let pair = table.complete(key) else {
                group.addTask { [forwarder] in await forwarder.expire(key) }
                return
            }
            group.addTask { [forwarder] in await forwarder.forward(key, pair) }
        case .data(let stream, let bytes, let isLast):
            let queue = table.queue(of: stream)
            await queue?.put(bytes)
            if isLast { queue?.finish() }
        case .reset(let stream, _): table.queue(of: stream)?.abandon()
        default: break
        }
    }

}

/// Runs the pairs of a connection, each in a task of its own.
private struct SPDYForwarder: Sendable {
    let outlet: SPDYOutlet
    let sandbox: String
    let backend: any StreamingBackend
    let table: ForwardTable
    let creationTimeout: Duration

    /// Gives up a pair of which the second stream does not come.
    func expire(_ key: String) async {
        guard (try? await Alarm.sleep(for: creationTimeout)) != nil,
            let stream = table.removeIncomplete(key)
        else { return }
        let message = ByteBuffer(string: "the second stream of request \(key) did not come")
        try? await outlet.send(message, on: stream, isLast: true)
    }

    /// Ends without an error whatever happens: the other pairs go on.
    func forward(_ key: String, _ pair: ForwardTable.Complete) async {
        let outlet = outlet
        let forwarding = Forwarding(
            sandbox: sandbox, port: pair.port, backend: backend, incoming: pair.queue,
            send: { try await outlet.send($0, on: pair.data) },
            finish: { try await outlet.finish(pair.data) },
            conclude: { message in
                let bytes = message.map { ByteBuffer(string: $0) } ?? ByteBuffer()
                try await outlet.send(bytes, on: pair.error, isLast: true)
            })
        try? await forwarding.run()
        table.remove(key)
    }
}
