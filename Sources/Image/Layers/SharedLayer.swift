internal import Synchronization

/// A layer that several pulls want at the same time. One of them fetches and unpacks it while the
/// others wait for what comes of it; when that one fails or is cancelled, the next begins anew with a
/// session of its own, so that the work dies with its last user alone.
final class SharedLayer: Sendable {
    typealias Watcher = @Sendable (_ received: UInt64) -> Void

    private struct State {
        var staged: StagedLayer?
        /// Nil while nobody works.
        var received: UInt64?
        var nextKey = 0
        var watchers: [Int: Watcher] = [:]
    }

    private let turn = Semaphore(1)
    private let state = Mutex(State())

    /// What came of the work, if it has ended well.
    private var usable: StagedLayer? {
        state.withLock { $0.staged }.flatMap { $0.isSpoilt ? nil : $0 }
    }

    /// Removes what came of the work and is not in place.
    func discard() async throws {
        try await state.withLock { $0.staged }?.discard()
    }

    /// - Parameters:
    ///   - watch: is told how far another's work is.
    ///   - make: does the work, and says how far it is; run only when it is this caller's turn.
    /// - Throws: what `make` throws; `CancellationError`.
    func get(
        watch: @escaping Watcher,
        _ make: @Sendable (_ report: @escaping Watcher) async throws -> StagedLayer
    ) async throws -> StagedLayer {
        let key = enter(watch)
        defer { forget(key) }
        return try await turn.pass {
            if let usable { return usable }
            try? await discard()
            forget(key)
            defer { state.withLock { $0.received = nil } }
            tell(0)
            let made = try await make(tell)
            state.withLock { $0.staged = made }
            return made
        }
    }

    private func enter(_ watch: @escaping Watcher) -> Int {
        let (key, received) = state.withLock { state in
            state.nextKey += 1
            state.watchers[state.nextKey] = watch
            return (state.nextKey, state.received)
        }
        if let received { watch(received) }
        return key
    }

    private func forget(_ key: Int) {
        state.withLock { _ = $0.watchers.removeValue(forKey: key) }
    }

    private func tell(_ received: UInt64) {
        let watchers = state.withLock { state in
            state.received = received
            return Array(state.watchers.values)
        }
        for watch in watchers { watch(received) }
    }
}
