internal import Text

/// Which name a signature must speak of (containers-policy.json(5), "signedIdentity").
public enum SignedIdentity: Hashable, Sendable {
    case matchExact
    case matchRepoDigestOrExact
    case matchRepository
    case exactReference(String)
    case exactRepository(String)
    /// The image's name with one prefix in place of another, then as `matchRepoDigestOrExact`.
    case remapIdentity(prefix: String, signedPrefix: String)

    /// - Parameters:
    ///   - signed: the name in the signature, with or without a tag.
    ///   - wanted: the name that is pulled.
    public func accepts(_ signed: String, for wanted: Reference) -> Bool {
        guard let parts = try? ReferenceParts(signed), parts.domain != nil,
            let name = try? Reference.parse(signed)
        else { return false }
        let isSameRepository = name.repository == wanted.repository
        let isExact = isSameRepository && parts.tag != nil && parts.tag == wanted.tag
        switch self {
        case .matchExact: return isExact && wanted.digest == nil
        case .matchRepoDigestOrExact: return wanted.digest == nil ? isExact : isSameRepository
        case .matchRepository: return isSameRepository
        case .exactReference(let text): return (try? Reference.parse(text)) == name
        case .exactRepository(let text):
            return (try? Reference.parse(text).repository) == name.repository
        case .remapIdentity(let prefix, let signedPrefix):
            return Self.matchRepoDigestOrExact.accepts(
                signed, for: Self.remapped(wanted, prefix, signedPrefix))
        }
    }

    /// A prefix ends where a component of the name does.
    private static func remapped(
        _ wanted: Reference, _ prefix: String, _ signedPrefix: String
    ) -> Reference {
        guard let rest = wanted.description.removing(prefix: prefix), let next = rest.utf8.first,
            "/:@".utf8.contains(next)
        else { return wanted }
        return (try? Reference.parse(signedPrefix + rest)) ?? wanted
    }
}
