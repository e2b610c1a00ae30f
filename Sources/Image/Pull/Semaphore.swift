internal import Synchronization

/// Lets a bounded number of tasks through at a time, first come first served.
final class Semaphore: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var free: Int
        var nextKey = 0
        var waiting: [(key: Int, waiter: Waiter)] = []
        var cancelled: Set<Int> = []
    }

    private let state: Mutex<State>

    init(_ places: Int) {
        state = Mutex(State(free: places))
    }

    /// - Throws: `CancellationError` when the task is cancelled before its turn.
    func pass<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async throws {
        let key = state.withLock { state in
            state.nextKey += 1
            return state.nextKey
        }
        defer { state.withLock { _ = $0.cancelled.remove(key) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { self.queue($0, key) }
        } onCancel: {
            self.cancel(key)
        }
    }

    private func queue(_ waiter: Waiter, _ key: Int) {
        let outcome: Result<Void, any Error>? = state.withLock { state in
            if state.cancelled.remove(key) != nil { return .failure(CancellationError()) }
            if state.free > 0 {
                state.free -= 1
                return .success(())
            }
            state.waiting.append((key, waiter))
            return nil
        }
        if let outcome { waiter.resume(with: outcome) }
    }

    private func cancel(_ key: Int) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.key == key }) else {
                state.cancelled.insert(key)
                return nil
            }
            return state.waiting.remove(at: index).waiter
        }
        waiter?.resume(throwing: CancellationError())
    }

    private func leave() {
        let next: Waiter? = state.withLock { state in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().waiter
        }
        next?.resume()
    }
}
