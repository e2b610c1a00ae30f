internal import CLinux
internal import Glibc
public import Kernel
internal import Synchronization

/// Waits for descriptors on one thread with epoll, so that a pipe, a pidfd or a socket that stays
/// silent for hours costs no thread and no CPU.
///
/// Each is on a duplicate of the descriptor, so several on one open file do not disturb each other and a
/// descriptor may be closed after its waiter has been cancelled. Waits are one-shot.
public final class Reactor: Sendable {
    public enum Interest: Sendable {
        case readable, writable
    }

    public static let shared = Reactor()

    /// Reads what there is, and tells whether there may be more. It must not block: all others wait
    /// meanwhile.
    public typealias Reader = @Sendable () -> Bool

    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var waiters: [UInt64: (waiter: Waiter, descriptor: Int32)] = [:]
        var readers: [UInt64: (reader: Reader, descriptor: Int32)] = [:]
        var cancelled: Set<UInt64> = []
        var nextKey: UInt64 = 1
    }

    private let epoll: Int32
    private let state = Mutex(State())

    private init() {
        epoll = gantry_epoll_create()
        let queue = epoll
        do {
            try Thread.start(name: "gantry-reactor") { [unowned self] in self.loop(queue) }
        } catch {
            // At the start: nothing can be waited for without it.
            fatalError("\(error)")
        }
    }

    /// Returns when `raw` is readable or writable, or has hung up.
    /// - Throws: `CancellationError` when the task is cancelled first; `SystemError` when the
    ///   descriptor cannot be waited for.
    public func wait(for raw: Int32, _ interest: Interest = .readable) async throws {
        let key = state.withLock { state in
            defer { state.nextKey += 1 }
            return state.nextKey
        }
        defer { state.withLock { _ = $0.cancelled.remove(key) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                self.register(waiter, key, raw, interest)
            }
        } onCancel: {
            self.cancel(key)
        }
    }

    /// Calls `reader` on the reactor's thread whenever `raw` can be read or has hung up, until it
    /// returns false. An answer that is read so wakes whoever waits for it and nobody else; with `wait`
    /// a task of its own comes between, for two more system calls to wait again.
    ///
    /// There is no cancelling: who wants an end shuts the socket down, which lets it be read.
    /// - Throws: when the descriptor cannot be waited for.
    public func read(_ raw: Int32, _ reader: @escaping Reader) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            let key = state.nextKey
            state.nextKey += 1
            state.readers[key] = (reader, try add(raw, key, .readable, once: false))
        }
    }

    private func register(_ waiter: Waiter, _ key: UInt64, _ raw: Int32, _ interest: Interest) {
        let failure: (any Error)? = state.withLock { state in
            if state.cancelled.remove(key) != nil { return CancellationError() }
            do throws(SystemError) {
                state.waiters[key] = (waiter, try add(raw, key, interest, once: true))
                return nil
            } catch { return error }
        }
        if let failure { waiter.resume(throwing: failure) }
    }

    /// - Returns: the duplicate that epoll has.
    private func add(
        _ raw: Int32, _ key: UInt64, _ interest: Interest, once: Bool
    ) throws(SystemError) -> Int32 {
        let descriptor = try syscall("dup") { gantry_dup_cloexec(raw) }
        let isWritable = interest == .writable
        guard gantry_epoll_add(epoll, descriptor, key, isWritable ? 1 : 0, once ? 1 : 0) == 0 else {
            let error = SystemError("epoll_ctl", errno: errno)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func cancel(_ key: UInt64) {
        guard let waiter = take(key, orRemember: true) else { return }
        waiter.resume(throwing: CancellationError())
    }

    /// Ends a wait: whoever takes the waiter resumes it, so it is resumed once.
    private func take(_ key: UInt64, orRemember: Bool = false) -> Waiter? {
        state.withLock { state in
            guard let (waiter, descriptor) = state.waiters.removeValue(forKey: key) else {
                if orRemember { state.cancelled.insert(key) }
                return nil
            }
            remove(descriptor)
            return waiter
        }
    }

    /// Closing would not do: the original keeps the file open, and epoll with it the entry.
    private func remove(_ descriptor: Int32) {
        gantry_epoll_remove(epoll, descriptor)
        close(descriptor)
    }

    private func wake(_ key: UInt64) {
        guard let (reader, descriptor) = state.withLock({ $0.readers[key] }) else {
            take(key)?.resume()
            return
        }
        if reader() { return }
        state.withLock { $0.readers[key] = nil }
        remove(descriptor)
    }

    private func loop(_ queue: Int32) {
        let keys = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 64)
        // Nothing that is counted: in a loop without an end the compiler leaves releases out, and a
        // slice of an array leaked the array at each wake.
        while true {
            let count = gantry_epoll_wait(queue, keys.baseAddress, Int32(keys.count), -1)
            for index in 0..<Int(max(0, count)) { wake(keys[index]) }
        }
    }
}
