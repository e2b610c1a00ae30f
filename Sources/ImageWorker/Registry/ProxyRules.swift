internal import FoundationEssentials
internal import ImageProtocol
internal import Text

/// Which proxy the environment names for a URL, as Go reads it (golang.org/x/net/http/httpproxy), and so
/// as every other runtime does: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case.
struct ProxyRules: Sendable {
    private let http: String
    private let https: String
    private let exceptions: [ProxyException]

    static let environment = ProxyRules(ProcessInfo.processInfo.environment)

    init(_ environment: [String: String]) {
        func value(_ name: String) -> String {
            let upper = environment[name] ?? ""
            return upper.isEmpty ? environment[name.lowercasedASCII] ?? "" : upper
        }
        http = Endpoint.proxy(value("HTTP_PROXY")) ?? ""
        https = Endpoint.proxy(value("HTTPS_PROXY")) ?? ""
        exceptions = value("NO_PROXY").split(at: ",").compactMap {
            ProxyException(String($0.trimmed).lowercasedASCII)
        }
    }

    /// The proxy for a URL; empty is none.
    func proxy(for url: String) -> String {
        let proxy = url.begins(with: "https:") ? https : http
        guard !proxy.isEmpty, let target = ProxyTarget(url) else { return proxy }
        if target.isLoopback || exceptions.contains(where: { $0.covers(target) }) { return "" }
        return proxy
    }
}

/// Whom a request is for.
struct ProxyTarget {
    /// In lower case, an IPv6 address without brackets.
    let host: String
    let port: String
    let address: IPAddress?

    init?(_ url: String) {
        guard let (scheme, rest) = url.cut(at: ":"), let path = rest.removing(prefix: "//") else {
            return nil
        }
        let authority = path.head(before: "/?#")
        let place = authority.cutLast(at: "@")?.tail ?? authority
        let (host, port) = Self.parts(String(place))
        self.host = host.lowercasedASCII
        self.port = port.isEmpty ? (scheme.isSame(as: "https") ? "443" : "80") : port
        address = IPAddress(self.host)
    }

    /// Host without brackets, and port, empty where there is none.
    static func parts(_ text: String) -> (host: String, port: String) {
        if let inner = text.removing(prefix: "[") {
            guard let (host, rest) = inner.cut(at: "]") else { return (text, "") }
            return (String(host), String(rest.removing(prefix: ":") ?? ""))
        }
        guard let (host, port) = text.cut(at: ":"), !port.has(":") else { return (text, "") }
        return (String(host), String(port))
    }

    var isLoopback: Bool { host == "localhost" || address?.isLoopback == true }
}

/// One entry of `NO_PROXY`.
enum ProxyException: Equatable {
    case everything
    case network(IPAddress, bits: Int)
    case address(IPAddress, port: String)
    /// With a dot in front; of a name that was written without one, the host itself counts too.
    case domain(String, port: String, isHost: Bool)

    /// Nil for what names nothing.
    init?(_ text: String) {
        if text.isEmpty { return nil }
        if text == "*" {
            self = .everything
            return
        }
        if let (base, bits) = text.cut(at: "/"), let address = IPAddress(String(base)),
            let bits = Int(bits), let all = address.prefix(bits)
        {
            self = .network(address, bits: all)
            return
        }
        let (host, port) = IPAddress(text) == nil ? ProxyTarget.parts(text) : (text, "")
        if host.isEmpty { return nil }
        if let address = IPAddress(host) {
            self = .address(address, port: port)
        } else {
            let name = host.begins(with: "*.") ? String(host.utf8.dropFirst()) ?? host : host
            let isHost = !name.begins(with: ".")
            self = .domain(isHost ? ".\(name)" : name, port: port, isHost: isHost)
        }
    }

    func covers(_ target: ProxyTarget) -> Bool {
        switch self {
        case .everything: true
        case .network(let base, let bits): target.address?.isIn(base, bits: bits) == true
        case .address(let address, let port):
            target.address == address && (port.isEmpty || port == target.port)
        case .domain(let name, let port, let isHost):
            (target.host.ends(with: name) || (isHost && ".\(target.host)".isSame(as: name)))
                && (port.isEmpty || port == target.port)
        }
    }
}
