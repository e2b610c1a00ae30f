internal import Kernel
internal import Model
internal import NIOCore
internal import Synchronization
internal import System

/// One forwarded connection: a client's pair of streams on one side, a socket in the pod on the
/// other. What goes wrong here is told on the pair's error stream, and concerns no other pair.
struct Forwarding: Sendable {
    let sandbox: String
    let port: UInt16
    let backend: any StreamingBackend
    /// What the client sends. It is abandoned when the client resets its stream.
    let incoming: ByteQueue
    let send: @Sendable (ByteBuffer) async throws -> Void
    /// Says that the pod sends no more.
    let finish: @Sendable () async throws -> Void
    /// Ends the error stream, with a message if something failed.
    let conclude: @Sendable (String?) async throws -> Void

    /// - Throws: when the client is gone, or when the task is cancelled.
    func run() async throws {
        defer { incoming.abandon() }
        let socket: OwnedDescriptor
        do {
            socket = OwnedDescriptor(try await backend.connect(sandbox: sandbox, port: port))
        } catch {
            try Task.checkCancellation()
            try await conclude("cannot forward port \(port) of pod sandbox \(sandbox): \(error)")
            return try await finish()
        }
        try await carry(socket)
        try await conclude(nil)
    }

    private enum Ended {
        case client, pod, silence
    }

    private func carry(_ socket: OwnedDescriptor) async throws {
        defer { socket.close() }
        let heard = Hearing()
        try await withThrowingTaskGroup(of: Ended.self) { group in
            group.addTask {
                try await feed(socket, heard)
                return .client
            }
            group.addTask {
                let pump = OutputPump(socket, closesAtEnd: false, send: send, finish: finish)
                try await pump.run()
                return .pod
            }
            guard try await group.next() == .pod else { return try await group.waitForAll() }
            // Not every client says that it sends no more: over a WebSocket none can.
            group.addTask {
                try await heard.untilSilent()
                return .silence
            }
            _ = try await group.next()
            incoming.abandon()
            group.cancelAll()
        }
    }

    /// Gives the pod what the client sends, and then the end of it.
    private func feed(_ socket: OwnedDescriptor, _ heard: Hearing) async throws {
        do {
            while let chunks = await incoming.take() {
                heard.note()
                for chunk in chunks { try await socket.write(chunk) }
                heard.note()
            }
        } catch is SystemError {
            // The pod reads no more; it may still have something to say.
            return incoming.abandon()
        }
        if incoming.isAbandoned { socket.shutdownBoth() } else { socket.shutdownWriting() }
    }
}

/// When a client last sent something.
private final class Hearing: Sendable {
    /// How long the other side may be silent once a pod's server has closed a connection, which is
    /// what containerd leaves it too.
    private static let limit: Duration = .seconds(1)

    private let last = Mutex(ContinuousClock.now)

    func note() { last.withLock { $0 = .now } }

    /// Counts from now on.
    func untilSilent() async throws {
        note()
        while case let passed = last.withLock({ $0.duration(to: .now) }), passed < Self.limit {
            try await Alarm.sleep(for: Self.limit - passed)
        }
    }
}
