internal import NIOCore
internal import Synchronization

/// Bytes on their way from the one task that reads a connection to the one that writes a
/// descriptor.
///
/// A full queue holds the reader up, and with it the socket: neither SPDY as its clients speak it
/// nor Kubernetes' WebSocket protocols have a window of their own.
final class ByteQueue: Sendable {
    static let limit = 256 << 10

    private typealias Taker = CheckedContinuation<[ByteBuffer]?, Never>
    private typealias Putter = CheckedContinuation<Void, Never>

    private struct State {
        var chunks: [ByteBuffer] = []
        var bytes = 0
        var isFinished = false
        var isAbandoned = false
        var taker: Taker?
        var putter: Putter?

        /// - Returns: all that is there, and who may put more now.
        mutating func takeAll() -> ([ByteBuffer], Putter?) {
            defer {
                chunks = []
                bytes = 0
            }
            return (chunks, putter.take())
        }
    }

    /// Nobody is resumed under this lock: that takes the lock of the task, which whoever cancels the task
    /// holds while it waits for this one (`take`).
    private let state = Mutex(State())

    /// Returns when there is room for more.
    func put(_ chunk: ByteBuffer) async {
        guard chunk.readableBytes > 0 else { return }
        await withCheckedContinuation { (waiter: Putter) in
            let (taker, hasRoom) = state.withLock { state -> (Taker?, Bool) in
                guard !state.isFinished, !state.isAbandoned else { return (nil, true) }
                if let taker = state.taker.take() { return (taker, true) }
                state.chunks.append(chunk)
                state.bytes += chunk.readableBytes
                guard state.bytes >= Self.limit else { return (nil, true) }
                state.putter = waiter
                return (nil, false)
            }
            taker?.resume(returning: [chunk])
            if hasRoom { waiter.resume() }
        }
    }

    /// No more will be put.
    func finish() {
        let taker = state.withLock { state in
            state.isFinished = true
            return state.taker.take()
        }
        taker?.resume(returning: nil)
    }

    /// No more will be taken: what is put from now on is dropped.
    func abandon() {
        let (taker, putter) = state.withLock { state in
            state.isAbandoned = true
            return (state.taker.take(), state.takeAll().1)
        }
        taker?.resume(returning: nil)
        putter?.resume()
    }

    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    /// All that is there; nil at the end, or when the task is cancelled.
    func take() async -> [ByteBuffer]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { taker in register(taker) }
        } onCancel: {
            abandon()
        }
    }

    private func register(_ taker: Taker) {
        let (chunks, putter) = state.withLock { state -> ([ByteBuffer]??, Putter?) in
            if !state.chunks.isEmpty {
                let (chunks, putter) = state.takeAll()
                return (chunks, putter)
            }
            if state.isFinished || state.isAbandoned { return (.some(nil), nil) }
            state.taker = taker
            return (nil, nil)
        }
        putter?.resume()
        if let chunks { taker.resume(returning: chunks) }
    }
}
