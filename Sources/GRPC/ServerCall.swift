internal import CGRPC
internal import Synchronization

/// One call, from its acceptance until the core has let go of it.
final class ServerCall: @unchecked Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var headersSent = false
        /// Whether a batch waits for the call's end on the client's side, or has waited.
        var closeTaken = false
    }

    private let call: OpaquePointer
    private let server: Server
    private let state = Mutex(State())

    init(_ call: OpaquePointer, _ server: Server) {
        self.call = call
        self.server = server
        server.began()
    }

    deinit {
        grpc_call_unref(call)
        server.ended()
    }

    /// Runs the method on the request. An answer that needs no waiting is on its way when this
    /// returns; otherwise the client's going away is followed from here on.
    func start(_ method: Method, _ request: [UInt8]?, _ traceparent: String? = nil) {
        guard let request else {
            return finish(
                Status(code: Status.internal, message: "the request has no message"))
        }
        run(method, request, traceparent)
        if takesClose() {
            let batch = Batch()
            batch.receiveClose()
            batch.start(on: call) { batch, _ in
                if batch.wasCancelled { self.cancel() }
            }
        }
    }

    /// The one unstructured task of the daemon: the edge where calls come in. It holds the call,
    /// for whose end the server's shutdown waits.
    private func run(_ method: Method, _ request: [UInt8], _ traceparent: String?) {
        let task = Task.immediate {
            guard let traceparent else { return await self.answer(method, request) }
            await CallMetadata.$traceparent.withValue(traceparent) {
                await self.answer(method, request)
            }
        }
        state.withLock { $0.task = task }
    }

    private func cancel() {
        state.withLock { $0.task }?.cancel()
    }

    private func answer(_ method: Method, _ request: [UInt8]) async {
        do {
            switch method {
            case .unary(let body): finish(.ok, message: try await body(request))
            case .serverStreaming(let body):
                try await body(request, ResponseWriter(call: self))
                finish(.ok)
            }
        } catch {
            finish(server.translate(error))
        }
    }

    func finish(_ status: Status, message: [UInt8]? = nil) {
        let batch = Batch()
        if takesClose() { batch.receiveClose() }
        if takeHeaders() { batch.sendInitialMetadata() }
        if let message { batch.sendMessage(message) }
        batch.sendStatus(status.fitted)
        batch.start(on: call) { _, _ in withExtendedLifetime(self) {} }
    }

    /// Sends one message of a stream.
    func send(_ message: [UInt8]) async throws {
        let batch = Batch()
        if takeHeaders() { batch.sendInitialMetadata() }
        batch.sendMessage(message)
        let succeeded = await withCheckedContinuation { continuation in
            batch.start(on: call) { _, succeeded in continuation.resume(returning: succeeded) }
        }
        if !succeeded { throw CancellationError() }
    }

    /// Whether nobody waits yet for the client's going away; true once.
    private func takesClose() -> Bool {
        state.withLock { state in
            defer { state.closeTaken = true }
            return !state.closeTaken
        }
    }

    /// Whether the headers are still to be sent; true once.
    private func takeHeaders() -> Bool {
        state.withLock { state in
            defer { state.headersSent = true }
            return !state.headersSent
        }
    }
}

/// Sends the messages of a server-streaming call.
public struct ResponseWriter: Sendable {
    let call: ServerCall

    /// Returns when the client's flow control let the message through, so a slow client slows its
    /// own stream and nothing else.
    /// One write at a time, of 16 MiB at most; the core ends the call over a longer one.
    /// - Throws: `CancellationError` when the client is gone or the core ended the call.
    public func write(_ message: [UInt8]) async throws {
        try await call.send(message)
    }
}
