internal import ImageProtocol
internal import Model
internal import Text

/// What would be asked for an image, in order, and why: `gantry registry explain`.
public struct Explanation: Sendable {
    /// Text for people, without secrets.
    public private(set) var lines: [String] = []

    /// - Throws: `GantryError` (`invalidArgument`) for what is no name, or a file that cannot be used.
    public init(of name: String, _ registries: Registries) throws {
        for reference in try registries.candidates(for: name) {
            lines.append("\(reference)")
            do {
                let endpoints = try registries.endpoints(for: reference)
                for (index, endpoint) in endpoints.enumerated() {
                    add(endpoint, index + 1, reference, registries)
                }
            } catch let error as GantryError where error.code == .permissionDenied {
                lines.append("  refused: \(error.message)")
            }
        }
        lines += registries.warnings.map { "warning: \($0)" }
    }

    private mutating func add(
        _ endpoint: Endpoint, _ number: Int, _ reference: Reference, _ registries: Registries
    ) {
        lines.append("  \(number). \(endpoint.url(Self.document(reference)))")
        lines.append("     because: \(endpoint.reason)")
        if !endpoint.serves(reference) {
            lines.append("     passed over: its capabilities allow no \(Self.missing(endpoint))")
        }
        lines.append("     TLS: \(Self.security(endpoint))")
        lines.append("     credentials: \(registries.source(for: endpoint))")
        if let proxy = endpoint.proxy {
            lines.append("     proxy: \(proxy.isEmpty ? "none" : printable(proxy))")
        }
        for header in endpoint.headers {
            lines.append("     header: \(header.head(before: ":"))")
        }
    }

    private static func document(_ reference: Reference) -> String {
        "manifests/\(reference.digest?.description ?? reference.tag ?? "latest")"
    }

    private static func missing(_ endpoint: Endpoint) -> String {
        endpoint.capabilities.contains(.pull) ? "resolving of tags" : "pulling"
    }

    private static func security(_ endpoint: Endpoint) -> String {
        if endpoint.scheme == .http { return "none, plain HTTP" }
        if endpoint.isInsecure { return "not verified" }
        let authorities = ["the system's authorities"] + endpoint.trust.authorities.map(\.path)
        let certificate = endpoint.trust.certificate.map { "; client certificate \($0.path)" } ?? ""
        return "verified by \(authorities.joined(separator: ", "))\(certificate)"
    }
}

extension Registries {
    /// Where the credentials for an endpoint come from.
    fileprivate func source(for endpoint: Endpoint) -> String {
        let given = endpoint.isMirror ? "" : "the pull's own, else "
        guard let found = auth.find(endpoint.location) else { return "\(given)none" }
        return "\(given)\(found.credentials) of \(found.source)"
    }
}
