internal import NIOCore
internal import System

/// Port-forwarding over a WebSocket without SPDY: each port has a channel for data, with an even
/// number, and one for errors, with the odd number behind it.
struct WebSocketForwardConnection {
    private static let maximumPorts = 100
    /// How long a client may take to close a connection on which all is said.
    private static let farewell: Duration = .seconds(5)

    let peer: WebSocketPeer
    let outlet: WebSocketOutlet
    let framing: WebSocketFraming
    let sandbox: String
    let backend: any StreamingBackend

    /// Runs until the client goes away, or the forwarding of all ports has ended.
    func run(ports: [UInt16]) async throws {
        guard !ports.isEmpty, ports.count <= Self.maximumPorts, !ports.contains(0) else {
            return try await outlet.close(1008)
        }
        let queues = ports.map { _ in ByteQueue() }
        for (index, port) in ports.enumerated() { try await greet(UInt8(2 * index), port) }
        let forwardings = ports.indices.map { index in
            forwarding(UInt8(2 * index), ports[index], queues[index])
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer {
                for queue in queues { queue.abandon() }
                group.cancelAll()
            }
            group.addTask { [outlet] in await Self.run(forwardings, outlet) }
            while let message = try await peer.next() { try await take(message, queues) }
        }
    }

    /// There can be no other connection than one for each port, so that with the last of them all is
    /// said: clients read until the WebSocket closes.
    private static func run(_ forwardings: [Forwarding], _ outlet: WebSocketOutlet) async {
        await withDiscardingTaskGroup { group in
            for forwarding in forwardings { group.addTask { try? await forwarding.run() } }
        }
        if (try? await outlet.close(1000)) != nil { try? await Alarm.sleep(for: farewell) }
        await outlet.disconnect()
    }

    /// The first message of each channel is its port, in little endian.
    private func greet(_ channel: UInt8, _ port: UInt16) async throws {
        for number in [channel, channel + 1] {
            let (opcode, parts) = framing.encode(
                number, ByteBuffer(integer: port, endianness: .little))
            try await outlet.send(opcode, parts)
        }
    }

    private func forwarding(_ channel: UInt8, _ port: UInt16, _ queue: ByteQueue) -> Forwarding {
        let (outlet, framing) = (outlet, framing)
        return Forwarding(
            sandbox: sandbox, port: port, backend: backend, incoming: queue,
            send: { bytes in
                let (opcode, parts) = framing.encode(channel, bytes)
                try await outlet.send(opcode, parts)
            },
            finish: {},
            conclude: { message in
                guard let message else { return }
                let (opcode, parts) = framing.encode(channel + 1, ByteBuffer(string: message))
                try await outlet.send(opcode, parts)
            })
    }

    private func take(_ message: ByteBuffer, _ queues: [ByteQueue]) async throws {
        guard var bytes = framing.decode(message), let number = bytes.readInteger(as: UInt8.self)
        else { throw WebSocketError(status: 1007, what: "a message without a channel") }
        guard number % 2 == 0, Int(number) / 2 < queues.count else { return }
        await queues[Int(number) / 2].put(bytes)
    }
}
