internal import NIOCore
internal import Synchronization

/// Bytes on their way from the one task that reads a connection to the one that writes a
/// descriptor.
///
/// A full queue holds the reader up, and with it the socket: neither SPDY as its clients speak it
/// nor Kubernetes' WebSocket protocols have a window of their own.
final class ByteQueue: Sendable {
    static let limit = 256 << 10

    private struct State {
        var chunks: [ByteBuffer] = []
        var bytes = 0
        var isFinished = false
        var isAbandoned = false
        var taker: CheckedContinuation<[ByteBuffer]?, Never>?
        var putter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Returns when there is room for more.
    func put(_ chunk: ByteBuffer) async {
        guard chunk.readableBytes > 0 else { return }
        await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
            let hasRoom = state.withLock { state in
                guard !state.isFinished, !state.isAbandoned else { return true }
                if let taker = state.taker.take() {
                    taker.resume(returning: [chunk])
                    return true
                }
                state.chunks.append(chunk)
                state.bytes += chunk.readableBytes
                guard state.bytes >= Self.limit else { return true }
                state.putter = waiter
                return false
            }
            if hasRoom { waiter.resume() }
        }
    }

    /// No more will be put.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            state.taker.take()?.resume(returning: nil)
        }
    }

    /// No more will be taken: what is put from now on is dropped.
    func abandon() {
        state.withLock { state in
            state.isAbandoned = true
            state.chunks = []
            state.bytes = 0
            state.taker.take()?.resume(returning: nil)
            state.putter.take()?.resume()
        }
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

    private func register(_ taker: CheckedContinuation<[ByteBuffer]?, Never>) {
        state.withLock { state in
            guard state.chunks.isEmpty else {
                taker.resume(returning: state.chunks)
                state.chunks = []
                state.bytes = 0
                state.putter.take()?.resume()
                return
            }
            guard !state.isFinished, !state.isAbandoned else {
                return taker.resume(returning: nil)
            }
            state.taker = taker
        }
    }
}
