internal import FoundationEssentials
internal import Model

/// Answers a registry's challenge: what to put into `Authorization`
/// (distribution's token authentication, "How to authenticate").
struct TokenSource: Sendable {
    let client: HTTPClient
    let endpoint: Endpoint
    let credentials: Credentials

    /// - Returns: the header's value, or nil when there is nothing to answer with.
    func answer(_ challenges: [Challenge]) async throws -> String? {
        for challenge in challenges {
            switch (challenge.scheme, credentials) {
            case ("bearer", .registryToken(let token)): return "Bearer \(token)"
            case ("bearer", _): return "Bearer \(try await token(challenge))"
            case ("basic", .basic(let user, let password)): return Self.basic(user, password)
            default: continue
            }
        }
        return nil
    }

    private static func basic(_ user: String, _ password: String) -> String {
        "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
    }

    private func token(_ challenge: Challenge) async throws -> String {
        guard let realm = challenge.parameters["realm"], isAllowed(realm) else {
            throw GantryError(
                .permissionDenied, "\(endpoint.host) asks for credentials at a place without TLS")
        }
        let response = try await client.send(request(realm, challenge), .collect(limit: 1 << 20))
        guard response.isSuccess else {
            throw RegistryError.of(response, "\(realm) gave no token")
        }
        let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(response.body))
        guard let token = answer?.token ?? answer?.access_token, !token.isEmpty else {
            throw GantryError(.unauthenticated, "\(realm) answered without a token")
        }
        return token
    }

    /// Secrets go over TLS, unless the registry itself is plain HTTP, which was allowed then.
    private func isAllowed(_ realm: String) -> Bool {
        realm.hasPrefix("https://") || (realm.hasPrefix("http://") && endpoint.scheme == .http)
    }

    private func request(_ realm: String, _ challenge: Challenge) -> HTTPRequest {
        let scope = challenge.parameters["scope"] ?? "repository:\(endpoint.repository):pull"
        var fields = [("scope", scope)]
        if let service = challenge.parameters["service"] { fields.append(("service", service)) }
        if case .identityToken(let token) = credentials {
            fields += [
                ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "gantry"),
            ]
            return HTTPRequest(url: realm, form: encode(fields), isInsecure: endpoint.isInsecure)
        }
        let separator = realm.contains("?") ? "&" : "?"
        var request = HTTPRequest(
            url: realm + separator + encode(fields), isInsecure: endpoint.isInsecure)
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
                ? String(UnicodeScalar(byte)) : "%\(hex.count == 1 ? "0" : "")\(hex)"
        }.joined()
    }
}

private struct TokenAnswer: Decodable {
    var token: String?
    var access_token: String?
}
