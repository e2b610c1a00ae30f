internal import CGRPC
internal import Glibc
internal import Synchronization

/// A gRPC server on a unix socket, over the C core. It carries bytes and knows no messages.
public final class Server: @unchecked Sendable {
    let translate: @Sendable (any Error) -> Status
    private let server: OpaquePointer
    private let completions: CompletionQueue
    private let socket: SocketFile
    private let state = Mutex(State())

    private struct State {
        var calls = 0
        var phase = Phase.serving
        var whenStopped: [CheckedContinuation<Void, Never>] = []
    }

    /// The core refuses an operation on a queue that was shut down by aborting the process, so the
    /// queue outlives the last call, and a call may outlive its connection.
    private enum Phase {
        case serving
        case closing
        /// The core has let go of all connections.
        case disconnected
        /// The core's server is gone: nothing may touch it.
        case destroyed
        case stopped
    }

    /// How many calls of one method can arrive at the same instant without one waiting for the thread
    /// to re-arm.
    private static let slots = 4

    /// Binds the socket and begins to answer. A path that is not in `methods` is UNIMPLEMENTED.
    /// - Parameters:
    ///   - socketGroup: the number of the group that the socket gets; nil: the process's own.
    ///   - translate: turns what a handler throws into a status.
    /// - Throws: `SocketFile.Refusal` when the socket is another server's or cannot be made.
    public init(
        methods: [String: Method], socketPath: String, socketMode: UInt32 = 0o660,
        socketGroup: UInt32? = nil,
        translate: @escaping @Sendable (any Error) -> Status
    ) throws {
        socket = try SocketFile(socketPath)
        Core.begin()
        completions = CompletionQueue()
        self.translate = translate
        server = ServerArguments.makeServer()
        grpc_server_register_completion_queue(server, completions.queue, nil)
        let credentials = grpc_insecure_server_credentials_create()
        defer { grpc_server_credentials_release(credentials) }
        try socket.bind(mode: socketMode, group: socketGroup) {
            grpc_server_add_http2_port(server, "unix:\(socketPath)", credentials) != 0
        }
        let slots = registered(methods)
        grpc_server_start(server)
        completions.start { self.stopped() }
        for slot in slots { accept(slot) }
    }

    /// Tells the core of all methods, and where calls of them and of others may arrive.
    private func registered(_ methods: [String: Method]) -> [any AcceptSlot] {
        methods.reduce(into: [UnknownSlot()]) { slots, method in
            let registration = grpc_server_register_method(
                server, method.key, nil, GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER, 0)
            guard let registration else { preconditionFailure("\(method.key) is there twice") }
            slots += (0..<Self.slots).map { _ in MethodSlot(registration, method.value) }
        }
    }

    /// Arms a slot for its next call.
    private func accept(_ slot: any AcceptSlot) {
        let tag = Completion { succeeded in
            guard succeeded else { return }
            slot.begin(self)
            self.accept(slot)
        }.tag
        let error = slot.request(server, completions.queue, tag)
        if error != GRPC_CALL_OK { Completion.run(tag, succeeded: false) }
    }

    func began() {
        state.withLock { $0.calls += 1 }
    }

    func ended() {
        state.withLock { state in
            state.calls -= 1
            destroyIfDone(&state)
        }
    }

    /// Calls that are being answered.
    public var callsUnderWay: Int { state.withLock { $0.calls } }

    /// Takes no more calls, gives those under way `grace` to end, then cancels them; returns when
    /// the last handler has ended and the socket is gone.
    public func shutdown(grace: Duration) async {
        beginShutdown()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: grace)
                self.cancelAllCalls()
            }
            await untilStopped()
            group.cancelAll()
        }
        socket.remove()
    }

    private func beginShutdown() {
        let isFirst = state.withLock { state in
            defer { if state.phase == .serving { state.phase = .closing } }
            return state.phase == .serving
        }
        guard isFirst else { return }
        let tag = Completion { _ in
            self.state.withLock { state in
                state.phase = .disconnected
                self.destroyIfDone(&state)
            }
        }.tag
        grpc_server_shutdown_and_notify(server, completions.queue, tag)
    }

    private func cancelAllCalls() {
        state.withLock { state in
            if state.phase == .closing { grpc_server_cancel_all_calls(server) }
        }
    }

    /// Under the lock, so that no one cancels the calls of a server that is being destroyed.
    private func destroyIfDone(_ state: inout State) {
        guard state.phase == .disconnected, state.calls == 0 else { return }
        state.phase = .destroyed
        grpc_server_destroy(server)
        completions.shutdown()
    }

    private func untilStopped() async {
        await withCheckedContinuation { continuation in
            let isStopped = state.withLock { state in
                if state.phase != .stopped { state.whenStopped.append(continuation) }
                return state.phase == .stopped
            }
            if isStopped { continuation.resume() }
        }
    }

    private func stopped() {
        let waiting = state.withLock { state in
            state.phase = .stopped
            defer { state.whenStopped = [] }
            return state.whenStopped
        }
        for continuation in waiting { continuation.resume() }
    }
}
