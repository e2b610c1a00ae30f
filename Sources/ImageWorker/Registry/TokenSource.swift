internal import FoundationEssentials
internal import ImageProtocol
internal import Model
internal import Text

/// Answers a registry's challenge: what to put into `Authorization`
/// (distribution's token authentication, "How to authenticate").
struct TokenSource: Sendable {
    let client: HTTPClient
    let endpoint: Endpoint
    let credentials: Credentials
    let cache: TokenCache

    /// - Parameter refused: the header's value that the challenge answers, if there was one.
    /// - Returns: the header's value, or nil when there is nothing to answer with.
    func answer(_ challenges: [Challenge], refused: String?) async throws -> String? {
        for challenge in challenges {
            switch (challenge.scheme, credentials) {
            case ("bearer", .registryToken(let token)): return "Bearer \(token)"
            case ("bearer", _): return "Bearer \(try await token(challenge, refused))"
            case ("basic", .basic(let user, let password)): return Self.basic(user, password)
            default: continue
            }
        }
        return nil
    }

    private static func basic(_ user: String, _ password: String) -> String {
        "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
    }

    private func token(_ challenge: Challenge, _ refused: String?) async throws -> String {
        guard let realm = challenge.parameters["realm"], isAllowed(realm) else {
            throw GantryError(
                .permissionDenied, "\(endpoint.host) asks for credentials at a place without TLS")
        }
        let key = TokenCache.Key(
            realm: realm, service: challenge.parameters["service"] ?? "",
            scope: challenge.parameters["scope"] ?? "repository:\(endpoint.repository):pull",
            credentials: credentials)
        if let known = cache.find(key) {
            if refused != "Bearer \(known)" { return known }
            cache.forget(key)
        }
        return try await fetch(key)
    }

    private func fetch(_ key: TokenCache.Key) async throws -> String {
        let realm = printable(key.realm)
        let response = try await SecondAttempts.run {
            try await client.send(request(key), .collect(limit: 1 << 20))
        }
        guard response.isSuccess else {
            throw RegistryError.of(response, "\(realm) gave no token")
        }
        let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(response.body))
        guard let token = answer?.token else {
            throw GantryError(.unauthenticated, "\(realm) answered without a token")
        }
        guard token.utf8.count <= Self.longestToken, token.utf8.allSatisfy(Self.isVisible) else {
            throw GantryError(.unauthenticated, "\(realm) gave a token that can be in no header")
        }
        cache.keep(token, for: answer?.life ?? TokenAnswer.shortestLife, key)
        return token
    }

    private static let longestToken = 64 << 10

    private static func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7e).contains(byte) }

    /// Secrets go over TLS, unless the registry itself is plain HTTP, which was allowed then.
    private func isAllowed(_ realm: String) -> Bool {
        realm.begins(with: "https://")
            || (realm.begins(with: "http://") && endpoint.scheme == .http)
    }

    private func request(_ key: TokenCache.Key) -> HTTPRequest {
        var fields = [("scope", key.scope)]
        if !key.service.isEmpty { fields.append(("service", key.service)) }
        let (realm, trust) = (key.realm, endpoint.trust(for: key.realm))
        let proxy = endpoint.proxy(for: realm)
        if case .identityToken(let token) = credentials {
            fields += [
                ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "gantry"),
            ]
            return HTTPRequest(
                url: realm, form: encode(fields), isInsecure: endpoint.isInsecure, trust: trust,
                proxy: proxy)
        }
        let separator = realm.has("?") ? "&" : "?"
        var request = HTTPRequest(
            url: realm + separator + encode(fields), isInsecure: endpoint.isInsecure, trust: trust,
            proxy: proxy)
        if case .basic(let user, let password) = credentials {
            request.headers = ["Authorization: \(Self.basic(user, password))"]
        }
        return request
    }

    private func encode(_ fields: [(String, String)]) -> String {
        fields.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    }

    /// RFC 3986, 2.3: everything but the unreserved characters.
    private func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isUnreserved =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-._~".utf8.contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            return isUnreserved
                ? String(UnicodeScalar(byte)) : "%\(hex.utf8.count == 1 ? "0" : "")\(hex)"
        }.joined()
    }
}
