internal import Synchronization

/// Places for each registry's transfers, fewer than there are for all: one that is slow, or means to be,
/// leaves some to the others.
final class RegistryPlaces: Sendable {
    private struct Entry {
        let semaphore: Semaphore
        var users = 0
    }

    private let places: Int
    private let entries = Mutex<[String: Entry]>([:])

    init(_ places: Int) {
        self.places = places
    }

    /// - Parameter origin: see `LayersUnderWay.Key`.
    /// - Throws: what `body` throws; `CancellationError` when the task is cancelled before its turn.
    func pass<Result: Sendable>(
        _ origin: String, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let semaphore = enter(origin)
        defer { leave(origin) }
        return try await semaphore.pass(body)
    }

    private func enter(_ origin: String) -> Semaphore {
        entries.withLock { entries in
            var entry = entries[origin] ?? Entry(semaphore: Semaphore(places))
            entry.users += 1
            entries[origin] = entry
            return entry.semaphore
        }
    }

    private func leave(_ origin: String) {
        entries.withLock { entries in
            guard var entry = entries[origin] else { return }
            entry.users -= 1
            entries[origin] = entry.users == 0 ? nil : entry
        }
    }
}
