public import Model
internal import Text

/// The name of an image: registry, repository, and a tag or a digest or both, as in
/// `docker.io/library/busybox:1.36@sha256:…` (distribution's reference grammar).
public struct Reference: Hashable, Sendable {
    /// Host and port of the registry that the name speaks of; `docker.io` for short names.
    public let domain: String
    /// The repository: `library/busybox`.
    public let path: String
    public let tag: String?
    /// When there is one it decides, and the tag is a note.
    public let digest: Digest?

    init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// Reads a name as people write it and completes it: no registry is `docker.io`, one component
    /// there is in `library/`, neither tag nor digest is `latest`.
    /// - Throws: `GantryError` (`invalidArgument`), which says what is wrong with the name. An
    ///   image ID (`sha256:…` or 64 hex digits) is not a name.
    public static func parse(_ text: String) throws(GantryError) -> Reference {
        let parts = try ReferenceParts(text)
        let domain = parts.domain ?? Self.defaultDomain
        let isOfficial = domain == Self.defaultDomain && !parts.path.has("/")
        let path = isOfficial ? "library/\(parts.path)" : parts.path
        let isBare = parts.tag == nil && parts.digest == nil
        return Reference(
            domain: domain, path: path, tag: isBare ? "latest" : parts.tag, digest: parts.digest)
    }

    public static let defaultDomain = "docker.io"
}

extension Reference: CustomStringConvertible {
    /// The whole name.
    public var description: String {
        repository + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// The name without tag and digest: `docker.io/library/busybox`.
    public var repository: String { "\(domain)/\(path)" }

    /// As people write it: `busybox`, `quay.io/x/y`; tag and digest kept.
    public var familiar: String {
        let whole = description
        guard domain == Self.defaultDomain else { return whole }
        let short = whole.removing(prefix: "\(domain)/") ?? whole[...]
        return String(short.removing(prefix: "library/") ?? short)
    }

    /// What a RepoTag says: the name with its tag, nil when it has none or when a digest decides.
    public var tagged: String? {
        guard digest == nil, let tag else { return nil }
        return "\(repository):\(tag)"
    }

    /// The name of content of this repository: without a tag.
    public func at(_ digest: Digest) -> Reference {
        Reference(domain: domain, path: path, tag: nil, digest: digest)
    }

    /// What a RepoDigest says for content of this repository.
    public func pinned(to digest: Digest) -> String {
        "\(repository)@\(digest)"
    }
}
