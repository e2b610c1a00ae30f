internal import Model
internal import Synchronization

/// The requests whose URLs were handed out and not yet used.
///
/// A token is the only thing that stands between a local user and a shell in a container: it is
/// unguessable, works once, and for a short time.
final class TokenBook: Sendable {
    static let capacity = 1000
    static let lifetime: Duration = .seconds(60)

    private struct Entry {
        var request: StreamingRequest
        var expiry: ContinuousClock.Instant
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// - Throws: `GantryError` (`resourceExhausted`) when too many are outstanding.
    func issue(_ request: StreamingRequest, now: ContinuousClock.Instant = .now) throws -> String {
        let token = Self.makeToken()
        let issued = entries.withLock { entries in
            if entries.count >= Self.capacity { entries = entries.filter { $0.value.expiry > now } }
            guard entries.count < Self.capacity else { return false }
            entries[token] = Entry(request: request, expiry: now + Self.lifetime)
            return true
        }
        guard issued else {
            throw GantryError(
                .resourceExhausted, "\(Self.capacity) streaming URLs wait for their clients")
        }
        return token
    }

    /// The request of `token`, the first time and within its lifetime.
    func redeem(
        _ token: String, verb: String, now: ContinuousClock.Instant = .now
    ) -> StreamingRequest? {
        entries.withLock { entries in
            guard let entry = entries[token], entry.request.verb == verb else { return nil }
            entries[token] = nil
            return entry.expiry > now ? entry.request : nil
        }
    }

    /// 256 random bits in the URL-safe alphabet of RFC 4648, section 5.
    private static func makeToken() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return Base64.encode(bytes, alphabet: .urlSafe)
    }
}
