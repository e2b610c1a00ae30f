internal import Text

/// One place where an image may be had: a registry or a mirror of it, and the repository's name
/// there.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case https, http
    }

    /// What a place may be asked for (containerd, docs/hosts.md).
    enum Capability: String, Sendable, CaseIterable {
        /// Content by its digest.
        case pull
        /// The digest that a tag stands for.
        case resolve
        /// Of no use here.
        case push
    }

    public let scheme: Scheme
    /// Host with its port, as it stands in the URL.
    public let host: String
    /// Where the distribution API begins.
    var root = "/v2"
    public let repository: String
    /// `insecure = true`: certificates are not checked.
    public var isInsecure = false
    public var isMirror = false
    /// The registry that a mirror is to stand for, where it serves several.
    var namespace: String?
    var trust = Trust()
    /// Sent with each request to this place, `Name: value` each.
    var headers: [String] = []
    /// Empty is none; nil is what the environment says.
    var proxy: String?
    var capabilities = Set(Capability.allCases)
    /// What put it on the list.
    var reason = "the name itself"

    /// The URL of a path of the repository (distribution-spec, "Endpoints").
    func url(_ path: String) -> String {
        let query = namespace.map { "?ns=\($0)" } ?? ""
        return "\(scheme.rawValue)://\(host)\(root)/\(repository)/\(path)\(query)"
    }

    public var description: String { "\(scheme.rawValue)://\(host)/\(repository)" }

    /// The place without the repository: who answers.
    var registry: String {
        "\(scheme.rawValue)://\(host)\(root)" + (namespace.map { "?ns=\($0)" } ?? "")
    }

    /// Host and repository, as names and files of credentials have them.
    var location: String {
        let domain = host == Self.dockerHub ? Reference.defaultDomain : host
        return "\(domain)/\(repository)"
    }

    private static let dockerHub = "registry-1.docker.io"

    /// Whether it may be asked for this name.
    func serves(_ reference: Reference) -> Bool {
        capabilities.contains(.pull)
            && (reference.digest != nil || capabilities.contains(.resolve))
    }

    /// The endpoints of a location such as `mirror.example:5000/docker/library/busybox`.
    ///
    /// On loopback nobody listens on the way, so plain HTTP comes first: a TLS server refuses it at
    /// once, but a plain one may leave a TLS client waiting. Elsewhere HTTPS does, and plain HTTP is
    /// tried only where the administrator allows it.
    static func all(
        at location: String, insecure: Bool, isMirror: Bool, reason: String = "the name itself"
    ) -> [Endpoint] {
        let parts = location.split(at: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return [] }
        let host = parts[0] == Reference.defaultDomain ? dockerHub : parts[0]
        return schemes(host, insecure).map {
            Endpoint(
                scheme: $0, host: host, repository: parts[1], isInsecure: insecure,
                isMirror: isMirror, reason: reason)
        }
    }

    private static func schemes(_ host: String, _ insecure: Bool) -> [Scheme] {
        if isLoopback(host) { return [.http, .https] }
        return insecure ? [.https, .http] : [.https]
    }

    static func isLoopback(_ host: String) -> Bool {
        if host.begins(with: "[") { return host.begins(with: "[::1]") }
        let name = host.head(before: ":")
        return name == "localhost" || isLoopbackIPv4(name)
    }

    private static func isLoopbackIPv4(_ name: Substring) -> Bool {
        let numbers = name.split(at: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }
}
