internal import Model
internal import Synchronization

/// A stream of messages that a client has opened, at the end that answers.
public final class ServerStream: Sendable {
    /// What the request itself brought.
    public let request: [UInt8]
    /// What comes after it.
    public let messages: AsyncStream<[UInt8]>

    private let id: UInt32
    private let input: AsyncStream<[UInt8]>.Continuation
    private let sendBytes: @Sendable ([UInt8]) throws -> Void

    /// Messages that nobody has read.
    private static let mostUnread = 64

    init(
        _ id: UInt32, _ request: [UInt8], send: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.id = id
        self.request = request
        sendBytes = send
        (messages, input) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(Self.mostUnread))
    }

    public func send(_ message: [UInt8]) throws {
        try sendBytes(Frame(.data, stream: id, data: message).encoded())
    }

    func close() throws {
        try sendBytes(Frame(.data, stream: id, flags: [.remoteClosed, .noData]).encoded())
    }

    func feed(_ message: [UInt8]) throws {
        if case .dropped = input.yield(message) {
            throw GantryError(.resourceExhausted, "nobody reads stream \(id)")
        }
    }

    func endInput() {
        input.finish()
    }
}
