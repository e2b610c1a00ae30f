internal import CLinux
internal import Glibc
public import Kernel
internal import Model
internal import Synchronization
internal import System

/// A connected socket, whose other end may be slow, silent or gone: sending never waits, and what
/// the other end does not take is bounded.
public final class SocketLink: Sendable {
    private struct State: ~Copyable {
        /// What could not be written at once, and how much of it has been written since.
        var pending: [UInt8] = []
        var written = 0
        var isClosed = false

        var waiting: Int { pending.count - written }

        /// Drops what is written when that is the greater part: a socket that takes little at a time
        /// must not have the rest moved each time.
        mutating func wrote(_ count: Int) {
            written += count
            guard written > waiting else { return }
            pending.removeFirst(written)
            written = 0
        }
    }

    /// Bytes that wait for a peer to read, after which it is given up.
    private static let mostPending = 16 << 20
    /// Most answers are a few bytes.
    private static let piece = 16 << 10

    private let socket: Descriptor
    private let state = Mutex(State())
    private let blocked: AsyncStream<Void>
    private let unblock: AsyncStream<Void>.Continuation

    /// - Parameter socket: a stream socket that does not block.
    public init(_ socket: consuming Descriptor) {
        self.socket = socket
        (blocked, unblock) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The process at the other end, as it was when it connected; nil for none.
    public var peer: Int32? {
        let pid = gantry_peer(socket.raw)
        return pid > 0 ? pid : nil
    }

    /// - Throws: `unavailable` when the other end is gone, or has not read for too long.
    public func send(_ bytes: [UInt8]) throws {
        let isBlocked = try state.withLock { state in
            if state.isClosed { throw Self.gone }
            guard state.pending.isEmpty else {
                state.pending += bytes
                return false
            }
            do { state.pending += bytes[try write(bytes[...])...] } catch {
                state.isClosed = true
                throw error
            }
            return !state.pending.isEmpty
        }
        if isBlocked { unblock.yield() }
        if state.withLock({ $0.waiting }) > Self.mostPending { close() }
    }

    /// Whether nothing can be sent any more.
    public var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Ends the connection, and with it `run`.
    public func close() {
        state.withLock { state in
            state.isClosed = true
            state.pending = []
            state.written = 0
        }
        unblock.finish()
        Glibc.shutdown(socket.raw, Int32(SHUT_RDWR))
    }

    /// Reads until the connection ends or `receive` throws, and writes what had to wait.
    /// - Parameter receive: takes what has come, on the reactor's thread; it must not block.
    /// - Throws: what `receive` does.
    public func run(_ receive: @escaping @Sendable ([UInt8]) throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.writePending() }
            defer {
                close()
                group.cancelAll()
            }
            try await read(receive)
        }
    }

    private static let gone = GantryError(.unavailable, "the connection has ended")

    private func read(_ receive: @escaping @Sendable ([UInt8]) throws -> Void) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { end in
                do {
                    try Reactor.shared.read(socket.raw) { self.take(receive, end) }
                } catch {
                    end.resume(throwing: error)
                }
            }
        } onCancel: {
            close()
        }
    }

    /// Hands on one piece of what has come: others have their turn before the next.
    /// - Returns: whether there may be more.
    private func take(
        _ receive: ([UInt8]) throws -> Void, _ end: CheckedContinuation<Void, any Error>
    ) -> Bool {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.piece) { buffer, count in
            let received = recv(socket.raw, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if received < 0 { failure = errno }
            count = max(0, received)
        }
        if bytes.isEmpty {
            if failure == EAGAIN || failure == EINTR { return true }
            end.resume()
            return false
        }
        do { try receive(bytes) } catch {
            end.resume(throwing: error)
            return false
        }
        return true
    }

    private func writePending() async {
        for await _ in blocked {
            while true {
                do {
                    try await Reactor.shared.wait(for: socket.raw, .writable)
                    if try flush() { break }
                } catch { return }
            }
        }
    }

    /// - Returns: whether nothing waits any more.
    private func flush() throws -> Bool {
        try state.withLock { state in
            state.wrote(try write(state.pending[state.written...]))
            return state.pending.isEmpty
        }
    }

    /// As much as the socket takes now.
    private func write(_ bytes: ArraySlice<UInt8>) throws -> Int {
        var written = 0
        while written < bytes.count {
            let count = bytes.dropFirst(written).withUnsafeBytes {
                Glibc.send(socket.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { return written }
                throw Self.gone
            }
            written += count
        }
        return written
    }
}
