internal import Model
internal import Text

/// One place where an image may be had: a registry or a mirror of it, and the repository's name
/// there.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case https, http
    }

    /// What a place may be asked for (containerd, docs/hosts.md).
    public enum Capability: String, Sendable, CaseIterable {
        /// Content by its digest.
        case pull
        /// The digest that a tag stands for.
        case resolve
        /// Where `gantry image push` may send an image.
        case push
    }

    public let scheme: Scheme
    /// Host with its port, as it stands in the URL.
    public let host: String
    /// Where the distribution API begins.
    public var root = "/v2"
    public let repository: String
    /// `insecure = true`: certificates are not checked.
    public var isInsecure = false
    public var isMirror = false
    /// The registry that a mirror is to stand for, where it serves several.
    public var namespace: String?
    public var trust = Trust()
    /// Sent with each request to this place, `Name: value` each.
    public var headers: [String] = []
    /// Empty is none; nil is what the environment says.
    public var proxy: String?
    public var capabilities = Set(Capability.allCases)
    /// What put it on the list.
    public var reason = "the name itself"

    public init(scheme: Scheme, host: String, root: String = "/v2", repository: String) {
        self.scheme = scheme
        self.host = host
        self.root = root
        self.repository = repository
    }

    /// The URL of a path of the repository (distribution-spec, "Endpoints").
    public func url(_ path: String) -> String {
        let query = namespace.map { "?ns=\($0)" } ?? ""
        return "\(scheme.rawValue)://\(host)\(root)/\(repository)/\(path)\(query)"
    }

    public var description: String { "\(scheme.rawValue)://\(host)/\(repository)" }

    /// The place without the repository: who answers.
    public var registry: String {
        "\(scheme.rawValue)://\(host)\(root)" + (namespace.map { "?ns=\($0)" } ?? "")
    }

    /// Host and repository, as names and files of credentials have them.
    public var location: String {
        let domain = host == Self.dockerHub ? Reference.defaultDomain : host
        return "\(domain)/\(repository)"
    }

    private static let dockerHub = "registry-1.docker.io"

    /// Whether it may be asked for this name.
    public func serves(_ reference: Reference) -> Bool {
        capabilities.contains(.pull)
            && (reference.digest != nil || capabilities.contains(.resolve))
    }

    /// The endpoints of a location such as `mirror.example:5000/docker/library/busybox`.
    ///
    /// On loopback nobody listens on the way, so plain HTTP comes first: a TLS server refuses it at
    /// once, but a plain one may leave a TLS client waiting. Elsewhere HTTPS does, and plain HTTP is
    /// tried only where the administrator allows it.
    public static func all(
        at location: String, insecure: Bool, isMirror: Bool, reason: String = "the name itself"
    ) -> [Endpoint] {
        let parts = location.split(at: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return [] }
        let host = parts[0] == Reference.defaultDomain ? dockerHub : parts[0]
        return schemes(host, insecure).map {
            var endpoint = Endpoint(scheme: $0, host: host, repository: parts[1])
            endpoint.isInsecure = insecure
            endpoint.isMirror = isMirror
            endpoint.reason = reason
            return endpoint
        }
    }

    private static func schemes(_ host: String, _ insecure: Bool) -> [Scheme] {
        if isLoopback(host) { return [.http, .https] }
        return insecure ? [.https, .http] : [.https]
    }

    public static func isLoopback(_ host: String) -> Bool {
        if host.begins(with: "[") { return host.begins(with: "[::1]") }
        let name = host.head(before: ":")
        return name == "localhost" || isLoopbackIPv4(name)
    }

    private static func isLoopbackIPv4(_ name: Substring) -> Bool {
        let numbers = name.split(at: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }
}

extension Endpoint {
    /// A proxy's URL; without a scheme it is HTTP. Nil for none, and for one that cannot be used.
    public static func proxy(_ text: String) -> String? {
        let text = String(text.trimmed)
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        guard let (scheme, rest) = text.cut(at: ":"), rest.begins(with: "//") else {
            return "http://\(text)"
        }
        return ["http", "https", "socks5", "socks5h"].contains(String(scheme)) ? text : nil
    }
}

extension Endpoint {
    /// What fetching needs of it, with the content of its certificates.
    func put(into wire: inout WireWriter) {
        for text in [scheme.rawValue, host, root, repository] { wire.put(text) }
        wire.put(isInsecure)
        wire.put(isMirror)
        wire.put(namespace)
        wire.put(headers) { $0.put($1) }
        wire.put(proxy)
        trust.put(into: &wire)
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        let word = try wire.text()
        guard let scheme = Scheme(rawValue: word) else {
            throw WireReader.malformed("the scheme \(word) is unknown")
        }
        self.init(
            scheme: scheme, host: try wire.text(), root: try wire.text(),
            repository: try wire.text())
        isInsecure = try wire.flag()
        isMirror = try wire.flag()
        namespace = try wire.optionalText()
        headers = try wire.list { (wire: inout WireReader) throws(GantryError) in try wire.text() }
        proxy = try wire.optionalText()
        trust = try Trust(&wire)
    }
}
