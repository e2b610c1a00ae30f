internal import Model
internal import Protobuf
internal import Synchronization
internal import System

/// The end of a connection that answers. Whoever reads the connection hands its bytes to `take`, while
/// `run` runs.
public final class Server: Sendable {
    /// What answers a method that takes one message.
    public typealias Unary = @Sendable (_ payload: [UInt8]) async throws -> [UInt8]
    /// What answers one with a stream in either direction.
    public typealias Streaming = @Sendable (ServerStream) async throws -> Void

    public enum Method: Sendable {
        case unary(Unary)
        case streaming(Streaming)
    }

    private struct State {
        var last: UInt32 = 0
        /// Streams whose other end may send more.
        var open: [UInt32: ServerStream] = [:]
        var running = 0
    }

    private typealias Job = @Sendable () async -> Void

    private let methods: [String: Method]
    private let mostCalls: Int
    private let send: @Sendable ([UInt8]) throws -> Void
    private let reader: Mutex<FrameReader>
    private let state = Mutex(State())
    private let jobs: AsyncStream<Job>
    private let queue: AsyncStream<Job>.Continuation

    /// - Parameters:
    ///   - methods: by `package.Service/Method`.
    ///   - largest: bytes that a request may have.
    ///   - mostCalls: that are answered at once; those beyond it are refused.
    ///   - send: takes bytes for the other end; it must not wait.
    public init(
        _ methods: [String: Method], largest: Int = Frame.largest, mostCalls: Int = 64,
        send: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.methods = methods
        self.mostCalls = mostCalls
        self.send = send
        reader = Mutex(FrameReader(largest: largest))
        (jobs, queue) = AsyncStream.makeStream(of: Job.self)
    }

    /// Answers what comes, until `close`; then calls under way are cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }

    public func close() {
        queue.finish()
        let open = state.withLock { state in
            defer { state.open = [:] }
            return state.open.values
        }
        for stream in open { stream.endInput() }
    }

    /// Bytes that have come.
    /// - Throws: when they are no ttrpc, which ends the connection.
    public func take(_ bytes: [UInt8]) throws {
        reader.withLock { $0.feed(bytes) }
        while let frame = try reader.withLock({ try $0.next() }) { try take(frame) }
    }

    private func take(_ frame: Frame) throws {
        do {
            switch frame.kind {
            case .request: try begin(frame)
            case .data: try feed(frame)
            case .response, nil: break
            }
        } catch {
            try respond(frame.stream, .failure(error))
        }
    }

    private func begin(_ frame: Frame) throws {
        try claim(frame.stream)
        let request: Request = try Codec.decode(frame.data)
        guard let method = methods["\(request.service)/\(request.method)"] else {
            throw GantryError(
                .unimplemented, "there is no \(request.service)/\(request.method)".shortened)
        }
        try state.withLock { state in
            guard state.running < mostCalls else {
                throw GantryError(.resourceExhausted, "\(mostCalls) calls are under way")
            }
            state.running += 1
        }
        let body = self.body(method, frame, request)
        queue.yield {
            let result = await Self.outcome(request, body)
            self.state.withLock { state in
                state.running -= 1
                state.open[frame.stream] = nil
            }
            try? self.respond(frame.stream, result)
        }
    }

    /// PROTOCOL.md, "Message Frame" and "Streaming": odd, and each greater than the one before.
    private func claim(_ stream: UInt32) throws {
        try state.withLock { state in
            guard stream % 2 == 1, stream > state.last else {
                throw GantryError(
                    .invalidArgument, "\(stream) is no number for a new stream")
            }
            state.last = stream
        }
    }

    /// What answers the call, with the payload of its response; nil when data frames have ended it.
    private func body(
        _ method: Method, _ frame: Frame, _ request: Request
    ) -> @Sendable () async throws -> [UInt8]? {
        switch method {
        case .unary(let answer): return { try await answer(request.payload) }
        case .streaming(let answer):
            let stream = ServerStream(frame.stream, request.payload, send: send)
            if frame.flags.contains(.remoteOpen) {
                state.withLock { $0.open[frame.stream] = stream }
            } else {
                stream.endInput()
            }
            return {
                try await answer(stream)
                try stream.close()
                return nil
            }
        }
    }

    private func feed(_ frame: Frame) throws {
        guard let stream = state.withLock({ $0.open[frame.stream] }) else {
            throw GantryError(.invalidArgument, "stream \(frame.stream) is not open")
        }
        if !frame.flags.contains(.noData) { try stream.feed(frame.data) }
        if frame.flags.contains(.remoteClosed) {
            state.withLock { $0.open[frame.stream] = nil }
            stream.endInput()
        }
    }

    private static func outcome(
        _ request: Request, _ body: @escaping @Sendable () async throws -> [UInt8]?
    ) async -> Result<[UInt8]?, any Error> {
        do {
            guard let limit = request.limit else { return .success(try await body()) }
            return .success(try await withDeadline(limit, request.method.shortened, body))
        } catch {
            return .failure(error)
        }
    }

    private func respond(_ stream: UInt32, _ result: Result<[UInt8]?, any Error>) throws {
        var response = Response()
        switch result {
        case .success(nil): return
        case .success(let payload?): response.payload = payload
        case .failure(let error): response.status = Status(error)
        }
        try send(Frame(.response, stream: stream, data: Codec.encode(response)).encoded())
    }
}
