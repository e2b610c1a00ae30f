internal import ImageProtocol
internal import Synchronization

/// Access tokens of registries until they expire: pulls of one repository ask for one token.
final class TokenCache: Sendable {
    /// Who was asked for what, by whom.
    struct Key: Hashable, Sendable {
        let realm: String
        let service: String
        let scope: String
        let credentials: Credentials
    }

    private struct Entry {
        let token: String
        let end: ContinuousClock.Instant
    }

    /// Seconds of a token's life in which it is not handed out any more, for what it is used for
    /// takes its time.
    private static let margin = 10
    private let entries = Mutex<[Key: Entry]>([:])

    func find(_ key: Key) -> String? {
        let now = ContinuousClock.now
        return entries.withLock { entries in
            entries = entries.filter { $0.value.end > now }
            return entries[key]?.token
        }
    }

    /// - Parameter life: seconds, as the registry said.
    func keep(_ token: String, for life: Int, _ key: Key) {
        let end = ContinuousClock.now + .seconds(min(life, 86400) - Self.margin)
        entries.withLock { $0[key] = Entry(token: token, end: end) }
    }

    /// Forgets a token that the registry did not take.
    func forget(_ key: Key) {
        entries.withLock { _ = $0.removeValue(forKey: key) }
    }
}
