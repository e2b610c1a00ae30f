internal import Glibc
public import ImageProtocol
public import ImageTree
internal import Model
internal import Synchronization
internal import System

/// Does what the daemon asks, until the daemon is gone.
public final class ImageServer: Sendable {
    private let socket: FrameSocket
    private let work: ImageWork
    /// Requests under way that may be told to end.
    private let cancellations = Mutex<[UInt32: AsyncStream<Never>.Continuation]>([:])

    /// At most so many descriptors come with a request.
    private static let mostDescriptors = 4

    /// - Parameter privileges: `root`, but for tests.
    public init(_ socket: FrameSocket, _ privileges: Privileges = .root) {
        self.socket = socket
        work = ImageWork(privileges)
    }

    private struct Packet: Sendable {
        let serial: UInt32
        let request: ImageRequest
        let descriptors: [OpenFile]
    }

    /// - Parameter missing: what the node cannot do to confine this process, for the daemon to tell.
    /// - Throws: when there is no thread to be had.
    public func run(missing: [String] = []) async throws {
        let (packets, arrived) = AsyncStream.makeStream(of: Packet.self)
        try Thread.start(name: "gantry-requests") { [socket] in
            while let packet = try? Self.next(socket) { arrived.yield(packet) }
            arrived.finish()
        }
        try? send(.ready(missing: missing), 0)
        await withDiscardingTaskGroup { group in
            for await packet in packets {
                if case .cancel(let serial) = packet.request {
                    cancellations.withLock { $0[serial] }?.finish()
                } else {
                    // Here, so that it is known before a request to end it can come.
                    let end = enter(packet.serial)
                    group.addTask { await self.answer(packet, unless: end) }
                }
            }
            group.cancelAll()
        }
    }

    private static func next(_ socket: FrameSocket) throws -> Packet? {
        guard let (message, descriptors) = try socket.receive(mostDescriptors: mostDescriptors)
        else { return nil }
        let (serial, request) = try ImageRequest.decode(message)
        return Packet(serial: serial, request: request, descriptors: descriptors)
    }

    private func enter(_ serial: UInt32) -> AsyncStream<Never> {
        let (end, continuation) = AsyncStream.makeStream(of: Never.self)
        cancellations.withLock { $0[serial] = continuation }
        return end
    }

    private func answer(_ packet: Packet, unless end: AsyncStream<Never>) async {
        let progress = Progress()
        let answer = await withTaskGroup(of: ImageAnswer?.self) { group in
            group.addTask { await self.run(packet, progress) }
            group.addTask {
                for await _ in end {}
                return nil
            }
            group.addTask {
                await self.tell(progress, packet.serial)
                return nil
            }
            var answer: ImageAnswer?
            for await ended in group {
                answer = ended ?? answer
                group.cancelAll()
            }
            return answer
        }
        cancellations.withLock { _ = $0.removeValue(forKey: packet.serial) }
        try? send(answer ?? .failed(ImageFailure(CancellationError())), packet.serial)
    }

    private func run(_ packet: Packet, _ progress: Progress) async -> ImageAnswer {
        do {
            return try await work.run(packet.request, packet.descriptors) { progress.note($0) }
        } catch {
            return .failed(ImageFailure(error))
        }
    }

    private func send(_ answer: ImageAnswer, _ serial: UInt32) throws {
        try socket.send(answer.encoded(serial: serial))
    }

    /// Bytes come in pieces of a few KiB: the daemon is told of them some times a second, until the task is
    /// cancelled; and every other second that this process is there at all (`ImageWorker.silence`).
    private func tell(_ progress: Progress, _ serial: UInt32) async {
        var pauses = 0
        while (try? await Alarm.sleep(for: Self.pause)) != nil {
            pauses &+= 1
            let isDue = pauses == Self.mostPauses
            if isDue { Self.requireMemory() }
            guard let received = progress.news(orKnown: isDue) else { continue }
            pauses = 0
            try? send(.progress(received: received), serial)
        }
    }

    /// Ends this process where there is no memory to be had. Whoever wants a thread then waits for it in
    /// vain, the pull with them, while what runs already goes on telling that it is there.
    private static func requireMemory() {
        let size = 1 << 16
        let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else { _exit(EX_OSERR) }
        munmap(start, size)
    }

    private static let pause = Duration.milliseconds(50)
    private static let mostPauses = 40
}

/// How many bytes have come, and of how many the daemon knows.
private final class Progress: Sendable {
    private let state = Mutex((received: UInt64(0), told: UInt64(0)))

    func note(_ received: UInt64) { state.withLock { $0.received = received } }

    /// - Parameter isDue: it is to be told again.
    /// - Returns: nil when the daemon knows already.
    func news(orKnown isDue: Bool) -> UInt64? {
        state.withLock { state in
            guard state.received != state.told || isDue else { return nil }
            state.told = state.received
            return state.told
        }
    }
}
