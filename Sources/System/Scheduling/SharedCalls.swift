internal import Synchronization

/// Calls that are made once for all who ask for the same at the same time.
final class SharedCalls<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Value?, any Error>

    private let waiting = Mutex<[Key: [Waiter]]>([:])

    /// Runs `body`, or waits for the equal call that is under way and gives what comes of that.
    func run(
        _ key: Key, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        if let value = try await joined(key) { return value }
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        let others = waiting.withLock { $0.removeValue(forKey: key) } ?? []
        for other in others { other.resume(with: outcome.map(Optional.some)) }
        return try outcome.get()
    }

    /// Nil, at once, for the first who asks.
    private func joined(_ key: Key) async throws -> Value? {
        try await withCheckedThrowingContinuation { waiter in
            let isFirst = waiting.withLock { waiting in
                guard waiting[key] == nil else {
                    waiting[key]?.append(waiter)
                    return false
                }
                waiting[key] = []
                return true
            }
            if isFirst { waiter.resume(returning: nil) }
        }
    }
}
