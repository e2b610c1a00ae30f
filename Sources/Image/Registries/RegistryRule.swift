internal import ImageProtocol
internal import Text

/// One `[[registry]]` of registries.conf (containers-registries.conf(5), version 2).
struct RegistryRule: Sendable, Equatable {
    struct Mirror: Sendable, Equatable {
        enum Pulls: String, Sendable {
            case all
            case digestOnly = "digest-only"
            case tagOnly = "tag-only"
        }

        var location: String
        var isInsecure = false
        var pulls = Pulls.all

        func serves(_ reference: Reference) -> Bool {
            switch pulls {
            case .all: true
            case .digestOnly: reference.digest != nil
            case .tagOnly: reference.digest == nil
            }
        }
    }

    var prefix: String
    /// What takes the prefix's place in the name; nil leaves the name as it is.
    var location: String?
    var isInsecure = false
    var isBlocked = false
    var mirrors: [Mirror] = []

    /// How much of the name the prefix covers, in bytes; nil when it does not match. The rule with
    /// the most is the one that counts.
    func matchLength(_ reference: Reference) -> Int? {
        if prefix.begins(with: "*.") {
            let domain = prefix.utf8.dropFirst()
            return reference.domain.ends(with: Substring(domain)) ? prefix.utf8.count : nil
        }
        guard let rest = reference.description.removing(prefix: prefix) else { return nil }
        let isWhole = rest.utf8.first.map { "/:@".utf8.contains($0) } ?? true
        return isWhole ? prefix.utf8.count : nil
    }

    /// The name with `location` in place of the prefix; a wildcard stands for the registry's host.
    func rewrite(_ reference: Reference, to location: String) -> String {
        let covered = prefix.begins(with: "*.") ? reference.domain : prefix
        return location + (reference.repository.removing(prefix: covered) ?? "")
    }

    /// Where to look, in order: the mirrors that serve such a name, then the registry itself.
    func endpoints(_ reference: Reference) -> [Endpoint] {
        let own = location.map { rewrite(reference, to: $0) } ?? reference.repository
        let mirrored = mirrors.filter { $0.serves(reference) }.flatMap { mirror in
            Endpoint.all(
                at: rewrite(reference, to: mirror.location), insecure: mirror.isInsecure,
                isMirror: true, reason: "mirror of \"\(prefix)\" in registries.conf")
        }
        return mirrored
            + Endpoint.all(
                at: own, insecure: isInsecure, isMirror: false,
                reason: "location of \"\(prefix)\" in registries.conf")
    }
}
