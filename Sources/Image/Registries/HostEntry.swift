internal import ImageProtocol
internal import Kernel
internal import Model
internal import TOML
internal import Text

/// One place of a `hosts.toml`: a `[host."URL"]`, or the file's `server`.
struct HostEntry: Equatable {
    static let keys: Set = [
        "capabilities", "ca", "client", "skip_verify", "header", "override_path", "proxy",
    ]

    private let scheme: Endpoint.Scheme
    private let host: String
    /// Where the distribution API begins.
    private let root: String
    private let capabilities: Set<Endpoint.Capability>
    private let trust: Trust
    private let isInsecure: Bool
    /// `Name: value` each.
    private let headers: [String]
    private let proxy: String?

    init(_ url: String, _ section: TOMLSection, _ file: String) throws {
        let (name, address) = Self.parts(url)
        host = String(address.head(before: "/"))
        let named = name ?? (Endpoint.isLoopback(host) ? "http" : "https")
        guard let scheme = Endpoint.Scheme(rawValue: named), !host.isEmpty else {
            throw section.error(url, "want https://HOST or http://HOST")
        }
        self.scheme = scheme
        root = Self.root(
            address.removing(prefix: host) ?? "",
            isWhole: try section.bool("override_path") ?? false)
        capabilities = try Self.capabilities(section)
        trust = try Self.trust(section, Path.parent(of: file))
        isInsecure = try section.bool("skip_verify") ?? false
        headers = try Self.headers(section)
        proxy = try Self.proxy(section)
    }

    /// Empty is none, whatever the environment says.
    private static func proxy(_ section: TOMLSection) throws -> String? {
        guard let text = try section.string("proxy"), !text.isEmpty else {
            return try section.string("proxy")
        }
        guard let proxy = Endpoint.proxy(text) else {
            throw section.error("proxy", "want a URL of http, https or socks5, or nothing")
        }
        return proxy
    }

    /// The path is where the API's `/v2` stands, unless it is said to be the whole.
    /// `SCHEME://REST`, or the rest alone.
    private static func parts(_ url: String) -> (scheme: String?, address: Substring) {
        guard let (scheme, rest) = url.cut(at: ":"), let address = rest.removing(prefix: "//")
        else { return (nil, url[...]) }
        return (String(scheme), address)
    }

    private static func root(_ path: Substring, isWhole: Bool) -> String {
        var path = path
        while let shorter = path.removing(suffix: "/") { path = shorter }
        return isWhole || path.ends(with: "/v2") ? String(path) : "\(path)/v2"
    }

    private static func capabilities(
        _ section: TOMLSection
    ) throws -> Set<Endpoint.Capability> {
        guard let words = try section.strings("capabilities") else {
            return Set(Endpoint.Capability.allCases)
        }
        return Set(
            try words.map { word in
                guard let capability = Endpoint.Capability(rawValue: word) else {
                    throw section.error("capabilities", "\"\(word)\": want pull, resolve or push")
                }
                return capability
            })
    }

    /// Paths count from the file's directory.
    private static func trust(_ section: TOMLSection, _ directory: String) throws -> Trust {
        let absolute = { (path: String) in path.begins(with: "/") ? path : "\(directory)/\(path)" }
        var trust = Trust()
        let authorities = (try section.groups("ca") ?? []).joined()
        trust.authorities = authorities.map { Trust.PEM(absolute($0)) }
        guard let pair = try section.groups("client")?.first else { return trust }
        guard (1...2).contains(pair.count) else {
            throw section.error("client", "want a file, or a certificate and its key")
        }
        trust.certificate = Trust.PEM(absolute(pair[0]))
        trust.key = pair.count == 2 ? Trust.PEM(absolute(pair[1])) : nil
        return trust
    }

    private static func headers(_ section: TOMLSection) throws -> [String] {
        guard let table = try section.section("header") else { return [] }
        return try table.keys.sorted().flatMap { name in
            try (table.groups(name) ?? []).joined().map { value in
                guard !(name + value).has(anyOf: "\r\n\0") else {
                    throw table.error(name, "a header is one line")
                }
                return "\(name): \(value)"
            }
        }
    }

    func endpoint(_ repository: String, _ reason: String) -> Endpoint {
        var endpoint = Endpoint(scheme: scheme, host: host, root: root, repository: repository)
        endpoint.isInsecure = isInsecure
        endpoint.trust = trust
        endpoint.headers = headers
        endpoint.proxy = proxy
        endpoint.capabilities = capabilities
        endpoint.reason = reason
        return endpoint
    }
}
