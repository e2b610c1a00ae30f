internal import Synchronization

/// A value that comes once, and any number of tasks that wait for it: an operation's result, a
/// container's exit.
final class Latch<Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Value, any Error>

    private struct State {
        var value: Value?
        var waiters: [UInt64: Waiter] = [:]
        var cancelled: Set<UInt64> = []
        var nextKey: UInt64 = 0
    }

    private let state = Mutex(State())

    var value: Value? { state.withLock { $0.value } }

    /// Sets the value and wakes all who wait; a second value is ignored.
    func open(_ value: Value) {
        let waiters = state.withLock { state in
            guard state.value == nil else { return [Waiter]() }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// - Throws: `CancellationError` when the waiting task is cancelled; others go on waiting.
    func wait() async throws -> Value {
        let key = state.withLock { state in
            defer { state.nextKey += 1 }
            return state.nextKey
        }
        defer { state.withLock { _ = $0.cancelled.remove(key) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { register($0, key) }
        } onCancel: {
            cancel(key)
        }
    }

    private func register(_ waiter: Waiter, _ key: UInt64) {
        let outcome: Result<Value, any Error>? = state.withLock { state in
            if let value = state.value { return .success(value) }
            if state.cancelled.contains(key) { return .failure(CancellationError()) }
            state.waiters[key] = waiter
            return nil
        }
        if let outcome { waiter.resume(with: outcome) }
    }

    private func cancel(_ key: UInt64) {
        let waiter = state.withLock { state in
            state.cancelled.insert(key)
            return state.waiters.removeValue(forKey: key)
        }
        waiter?.resume(throwing: CancellationError())
    }
}
