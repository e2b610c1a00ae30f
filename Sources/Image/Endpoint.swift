/// One place where an image may be had: a registry or a mirror of it, and the repository's name
/// there.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case https, http
    }

    public let scheme: Scheme
    /// Host with its port, as it stands in the URL.
    public let host: String
    public let repository: String
    /// `insecure = true`: certificates are not checked.
    public let isInsecure: Bool
    public let isMirror: Bool

    /// `https://HOST/v2/REPOSITORY` (distribution-spec, "Endpoints").
    var base: String { "\(scheme.rawValue)://\(host)/v2/\(repository)" }

    public var description: String { "\(scheme.rawValue)://\(host)/\(repository)" }

    /// The endpoints of a location such as `mirror.example:5000/docker/library/busybox`.
    ///
    /// On loopback nobody listens on the way, so plain HTTP comes first: a TLS server refuses it at
    /// once, but a plain one may leave a TLS client waiting. Elsewhere HTTPS does, and plain HTTP is
    /// tried only where the administrator allows it.
    static func all(at location: String, insecure: Bool, isMirror: Bool) -> [Endpoint] {
        let parts = location.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return [] }
        let host = parts[0] == Reference.defaultDomain ? "registry-1.docker.io" : parts[0]
        return schemes(host, insecure).map {
            Endpoint(
                scheme: $0, host: host, repository: parts[1], isInsecure: insecure,
                isMirror: isMirror)
        }
    }

    private static func schemes(_ host: String, _ insecure: Bool) -> [Scheme] {
        if isLoopback(host) { return [.http, .https] }
        return insecure ? [.https, .http] : [.https]
    }

    static func isLoopback(_ host: String) -> Bool {
        if host.hasPrefix("[") { return host.hasPrefix("[::1]") }
        let name = host.prefix { $0 != ":" }
        return name == "localhost" || isLoopbackIPv4(name)
    }

    private static func isLoopbackIPv4(_ name: Substring) -> Bool {
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }
}
