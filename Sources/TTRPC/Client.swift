public import Model
internal import Protobuf
internal import Synchronization
internal import System

/// The end of a connection that asks. Whoever reads the connection hands its bytes to `take`.
public final class Client: Sendable {
    /// Who is told what comes of a stream.
    fileprivate enum Waiter: Sendable {
        case answer(CheckedContinuation<[UInt8], any Error>, Alarm.Call)
        case messages(AsyncThrowingStream<[UInt8], any Error>.Continuation)
    }

    private struct State {
        var waiting: [UInt32: Waiter] = [:]
        var closed: GantryError?
    }

    private let send: @Sendable ([UInt8]) throws -> Void
    private let reader: Mutex<FrameReader>
    private let state = Mutex(State())
    /// The number of the next stream; nil when all have been used. Held while a request goes out.
    private let next = Mutex<UInt32?>(1)

    /// - Parameters:
    ///   - largest: bytes that an answer may have.
    ///   - send: takes bytes for the other end; it must not wait.
    public init(
        largest: Int = Frame.largest, send: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.send = send
        reader = Mutex(FrameReader(largest: largest))
    }

    /// Bytes that have come.
    /// - Throws: when they are no ttrpc, which ends the connection.
    public func take(_ bytes: [UInt8]) throws {
        reader.withLock { $0.feed(bytes) }
        while let frame = try reader.withLock({ try $0.next() }) { try take(frame) }
    }

    /// Nothing comes any more: all who wait are told `reason`.
    public func close(_ reason: GantryError) {
        let waiting = state.withLock { state in
            if state.closed == nil { state.closed = reason }
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for waiter in waiting { waiter.fail(reason) }
    }

    /// Calls a method that takes one message and answers with one.
    /// - Parameter limit: after which nobody waits any more; the other end is told it too.
    /// - Throws: `deadlineExceeded`; what the other end answers; `unavailable` once closed.
    public func call(
        _ service: String, _ method: String, _ payload: [UInt8], within limit: Duration
    ) async throws -> [UInt8] {
        let request = Request(service, method, payload, limit)
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { answer in
                let alarm = Alarm.after(limit) { self.fail(ticket, Self.late(method, limit)) }
                let waiter = Waiter.answer(answer, alarm)
                begin(waiter, request, flags: []) { ticket.stream = $0 }
                if ticket.isVoid || Task.isCancelled { fail(ticket, CancellationError()) }
            }
        } onCancel: {
            fail(ticket, CancellationError())
        }
    }

    /// Opens a stream of messages.
    /// - Parameter isOpen: whether messages are going to be sent on it as well.
    public func open(
        _ service: String, _ method: String, _ payload: [UInt8] = [], isOpen: Bool = false
    ) throws -> ClientStream {
        let (messages, feed) = AsyncThrowingStream<[UInt8], any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.mostUnread))
        let ticket = Ticket()
        let request = Request(service, method, payload, nil)
        begin(.messages(feed), request, flags: isOpen ? .remoteOpen : .remoteClosed) {
            ticket.stream = $0
        }
        feed.onTermination = { [weak self] _ in
            if let stream = ticket.stream { self?.remove(stream) }
        }
        return ClientStream(
            id: ticket.stream ?? 0, messages: messages, isOpen: isOpen, send: send)
    }

    /// Messages of a stream that nobody has read.
    private static let mostUnread = 256

    private static func late(_ method: String, _ limit: Duration) -> GantryError {
        GantryError(.deadlineExceeded, "\(method) has not been answered within \(limit)")
    }

    /// A request goes out under the lock that gives its number: on the wire numbers only grow
    /// (PROTOCOL.md, "Streaming"; servers refuse others). Its answer, which may come before this is over,
    /// is taken under another.
    private func begin(
        _ waiter: Waiter, _ request: Request, flags: Frame.Flags, _ tell: (UInt32) -> Void
    ) {
        let data = Codec.encode(request)
        next.withLock { next in
            guard let stream = next else {
                return waiter.fail(
                    GantryError(.resourceExhausted, "all streams have been used"))
            }
            if let closed = wait(waiter, stream) { return waiter.fail(closed) }
            tell(stream)
            do {
                try send(Frame(.request, stream: stream, flags: flags, data: data).encoded())
                next = stream > .max - 2 ? nil : stream + 2
            } catch {
                fail(stream, error)
            }
        }
    }

    /// - Returns: why nothing can be waited for.
    private func wait(_ waiter: Waiter, _ stream: UInt32) -> GantryError? {
        state.withLock { state in
            if state.closed == nil { state.waiting[stream] = waiter }
            return state.closed
        }
    }

    @discardableResult
    private func remove(_ stream: UInt32) -> Waiter? {
        state.withLock { $0.waiting.removeValue(forKey: stream) }
    }

    private func fail(_ ticket: Ticket, _ error: any Error) {
        ticket.isVoid = true
        if let stream = ticket.stream { remove(stream)?.fail(error) }
    }

    /// What belongs to no stream is late, and passed over.
    private func take(_ frame: Frame) throws {
        switch frame.kind {
        case .response:
            guard let waiter = remove(frame.stream) else { return }
            waiter.end(Result { try Response.payload(frame.data) })
        case .data:
            guard let waiter = state.withLock({ $0.waiting[frame.stream] }) else { return }
            guard case .messages(let feed) = waiter else {
                return fail(frame.stream, GantryError(.internal, "data for a call of one answer"))
            }
            if !frame.flags.contains(.noData), case .dropped = feed.yield(frame.data) {
                return fail(
                    frame.stream, GantryError(.resourceExhausted, "nobody reads the stream"))
            }
            if frame.flags.contains(.remoteClosed) { remove(frame.stream)?.end(.success([])) }
        case .request, nil: break
        }
    }

    private func fail(_ stream: UInt32, _ error: any Error) {
        remove(stream)?.fail(error)
    }

    /// The stream that a call got, for those who may end it.
    private final class Ticket: Sendable {
        private let state = Mutex<(stream: UInt32?, isVoid: Bool)>((nil, false))

        var stream: UInt32? {
            get { state.withLock { $0.stream } }
            set { state.withLock { $0.stream = newValue } }
        }

        var isVoid: Bool {
            get { state.withLock { $0.isVoid } }
            set { state.withLock { $0.isVoid = newValue } }
        }
    }
}

extension Client.Waiter {
    fileprivate func fail(_ error: any Error) { end(.failure(error)) }

    /// A stream may end with a last message in its response.
    fileprivate func end(_ result: Result<[UInt8], any Error>) {
        switch self {
        case .answer(let waiter, let alarm):
            alarm.cancel()
            waiter.resume(with: result)
        case .messages(let feed):
            if case .success(let payload) = result, !payload.isEmpty { feed.yield(payload) }
            if case .failure(let error) = result {
                feed.finish(throwing: error)
            } else {
                feed.finish()
            }
        }
    }
}
