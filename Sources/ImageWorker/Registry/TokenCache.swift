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

        var byteCount: Int { realm.utf8.count + service.utf8.count + scope.utf8.count }
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

    /// A registry says by itself what it wants tokens for, and how long they count: of more bytes than
    /// these, the tokens that end first are forgotten.
    private static let most = 1 << 20

    /// - Parameter life: seconds, as `TokenAnswer` has it.
    func keep(_ token: String, for life: Int, _ key: Key) {
        let end = ContinuousClock.now + .seconds(life - Self.margin)
        entries.withLock { entries in
            entries[key] = Entry(token: token, end: end)
            var bytes = entries.reduce(0) { $0 + $1.key.byteCount + $1.value.token.utf8.count }
            for (old, entry) in entries.sorted(by: { $0.value.end < $1.value.end })
            where bytes > Self.most {
                entries.removeValue(forKey: old)
                bytes -= old.byteCount + entry.token.utf8.count
            }
        }
    }

    /// Forgets a token that the registry did not take.
    func forget(_ key: Key) {
        entries.withLock { _ = $0.removeValue(forKey: key) }
    }
}
