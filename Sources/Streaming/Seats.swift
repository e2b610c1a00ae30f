internal import Synchronization

/// How many clients may be connected at once: each costs descriptors, and an exec a process.
final class Seats: Sendable {
    private let free: Mutex<Int>

    init(_ count: Int) {
        free = Mutex(count)
    }

    /// Runs `body` on a free seat, or `otherwise` when there is none.
    func sit(
        _ body: () async throws -> Void, orElse otherwise: () async throws -> Void
    ) async throws {
        let isSeated = free.withLock { free in
            defer { if free > 0 { free -= 1 } }
            return free > 0
        }
        guard isSeated else { return try await otherwise() }
        defer { free.withLock { $0 += 1 } }
        try await body()
    }
}
