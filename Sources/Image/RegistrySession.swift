internal import Archive
internal import FoundationEssentials
internal import Model
internal import Synchronization

/// Requests to one endpoint, with its authorization, redirects and second attempts.
final class RegistrySession: Sendable {
    let endpoint: Endpoint
    private let client: HTTPClient
    private let tokens: TokenSource
    private let authorization: Mutex<String?>

    private static let mostRedirects = 10
    private static let mostAttempts = 3

    init(_ client: HTTPClient, _ endpoint: Endpoint, _ credentials: Credentials) {
        self.client = client
        self.endpoint = endpoint
        // A mirror is somebody else: the registry's secrets are none of its business.
        let allowed = endpoint.isMirror ? Credentials.none : credentials
        tokens = TokenSource(client: client, endpoint: endpoint, credentials: allowed)
        if case .registryToken(let token) = allowed {
            authorization = Mutex("Bearer \(token)")
        } else {
            authorization = Mutex(nil)
        }
    }

    /// GETs a path of the repository, such as `manifests/latest`.
    /// - Throws: `TransferError` when the registry cannot be reached, `GantryError` for a refusal.
    func get(
        _ path: String, _ headers: [String] = [], _ body: HTTPBody
    ) async throws -> HTTPResponse {
        let url = "\(endpoint.base)/\(path)"
        var response = try await authorized(url, headers, body)
        for attempt in 1..<Self.mostAttempts where response.status == 429 || response.status >= 500
        {
            try await Task.sleep(for: Self.pause(attempt, response.retryAfter))
            response = try await authorized(url, headers, body)
        }
        guard response.isSuccess else { throw RegistryError.of(response, url) }
        return response
    }

    /// Doubles from half a second; a server may ask for up to ten.
    private static func pause(_ attempt: Int, _ retryAfter: Int?) -> Duration {
        if let retryAfter, retryAfter >= 0 { return .seconds(min(retryAfter, 10)) }
        return .milliseconds(250 << attempt)
    }

    private func authorized(
        _ url: String, _ headers: [String], _ body: HTTPBody
    ) async throws -> HTTPResponse {
        let known = authorization.withLock { $0 }
        let response = try await follow(url, headers, known, body)
        guard response.status == 401 else { return response }
        let challenges = response.challenges.flatMap(Challenge.parse)
        guard let answer = try await tokens.answer(challenges), answer != known else {
            return response
        }
        authorization.withLock { $0 = answer }
        return try await follow(url, headers, answer, body)
    }

    /// Follows redirects by hand: credentials go to the registry's own origin and nowhere else.
    private func follow(
        _ start: String, _ headers: [String], _ authorization: String?, _ body: HTTPBody
    ) async throws -> HTTPResponse {
        var url = start
        for _ in 0...Self.mostRedirects {
            var request = HTTPRequest(url: url, headers: headers, isInsecure: endpoint.isInsecure)
            if let authorization, Self.origin(url) == Self.origin(start) {
                request.headers.append("Authorization: \(authorization)")
            }
            let response = try await client.send(request, body)
            guard [301, 302, 303, 307, 308].contains(response.status) else { return response }
            guard let next = response.location else { return response }
            url = try allowed(next, from: url)
        }
        throw GantryError(.unavailable, "\(start) redirects more than \(Self.mostRedirects) times")
    }

    private func allowed(_ next: String, from url: String) throws(GantryError) -> String {
        if next.hasPrefix("https://") { return next }
        guard next.hasPrefix("http://") else {
            throw GantryError(.permissionDenied, "\(url) redirects to \(next), which is not HTTP")
        }
        guard endpoint.scheme == .http || endpoint.isInsecure else {
            throw GantryError(.permissionDenied, "\(url) redirects to a place without TLS")
        }
        return next
    }

    /// Scheme, host and port.
    private static func origin(_ url: String) -> Substring {
        let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return url[...] }
        let host = parts[2].prefix { !"/?#".contains($0) }
        return url[..<host.endIndex]
    }
}
