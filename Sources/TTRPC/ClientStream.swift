internal import Model
internal import Synchronization

/// A stream of messages that a client has opened (PROTOCOL.md, "Streaming").
public final class ClientStream: Sendable {
    /// What comes. It ends when the other end says so, and with its error.
    public let messages: AsyncThrowingStream<[UInt8], any Error>

    private let id: UInt32
    private let isOpen: Mutex<Bool>
    private let sendBytes: @Sendable ([UInt8]) throws -> Void

    init(
        id: UInt32, messages: AsyncThrowingStream<[UInt8], any Error>, isOpen: Bool,
        send: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.id = id
        self.messages = messages
        self.isOpen = Mutex(isOpen)
        sendBytes = send
    }

    /// - Throws: `failedPrecondition` once this side has been closed.
    public func send(_ message: [UInt8]) throws {
        try isOpen.withLock { isOpen in
            guard isOpen else { throw GantryError(.failedPrecondition, "the stream is closed") }
            try sendBytes(Frame(.data, stream: id, data: message).encoded())
        }
    }

    /// Tells the other end that no more comes.
    public func closeSend() throws {
        try isOpen.withLock { isOpen in
            guard isOpen else { return }
            isOpen = false
            try sendBytes(
                Frame(.data, stream: id, flags: [.remoteClosed, .noData]).encoded())
        }
    }
}
