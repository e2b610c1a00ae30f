internal import CLinux
internal import Glibc
internal import Kernel
internal import Synchronization

/// Waits for descriptors on one thread with epoll, so that a pipe, a pidfd or a socket that stays
/// silent for hours costs no thread and no CPU.
///
/// Each wait is one-shot and on a duplicate of the descriptor, so several waits on one open file do
/// not disturb each other and a descriptor may be closed after its waiter has been cancelled.
public final class Reactor: Sendable {
    public enum Interest: Sendable {
        case readable, writable
    }

    public static let shared = Reactor()

    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var waiters: [UInt64: (waiter: Waiter, descriptor: Int32)] = [:]
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

    private func register(_ waiter: Waiter, _ key: UInt64, _ raw: Int32, _ interest: Interest) {
        let failure: (any Error)? = state.withLock { state in
            if state.cancelled.remove(key) != nil { return CancellationError() }
            let descriptor = gantry_dup_cloexec(raw)
            guard descriptor >= 0 else { return SystemError("dup", errno: errno) }
            let writable: Int32 = interest == .writable ? 1 : 0
            guard gantry_epoll_add(epoll, descriptor, key, writable, 1) == 0 else {
                let error = SystemError("epoll_ctl", errno: errno)
                close(descriptor)
                return error
            }
            state.waiters[key] = (waiter, descriptor)
            return nil
        }
        if let failure { waiter.resume(throwing: failure) }
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
            // Closing would not do: the original keeps the file open, and epoll with it this entry.
            gantry_epoll_remove(epoll, descriptor)
            close(descriptor)
            return waiter
        }
    }

    private func loop(_ queue: Int32) {
        let keys = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 64)
        // Nothing that is counted: in a loop without an end the compiler leaves releases out, and a
        // slice of an array leaked the array at each wake.
        while true {
            let count = gantry_epoll_wait(queue, keys.baseAddress, Int32(keys.count), -1)
            for index in 0..<Int(max(0, count)) { take(keys[index])?.resume() }
        }
    }
}
