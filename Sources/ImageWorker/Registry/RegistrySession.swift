internal import Archive
internal import FoundationEssentials
internal import ImageProtocol
internal import Model
internal import Synchronization
internal import System
internal import Text

/// Requests to one endpoint, with its authorization, redirects and second attempts.
final class RegistrySession: Sendable {
    let endpoint: Endpoint
    private let client: HTTPClient
    private let tokens: TokenSource
    private let authorization: Mutex<String?>

    private static let mostRedirects = 10
    private static let mostAttempts = 3

    /// - Parameter credentials: what this endpoint may know.
    init(
        _ client: HTTPClient, _ endpoint: Endpoint, _ credentials: Credentials,
        _ cache: TokenCache
    ) {
        self.client = client
        self.endpoint = endpoint
        tokens = TokenSource(
            client: client, endpoint: endpoint, credentials: credentials, cache: cache)
        if case .registryToken(let token) = credentials {
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
        let url = endpoint.url(path)
        var response = try await authorized(url, headers, body)
        for attempt in 1..<Self.mostAttempts where response.status == 429 || response.status >= 500
        {
            try await Alarm.sleep(for: Self.pause(attempt, response.retryAfter))
            response = try await authorized(url, headers, body)
        }
        guard response.isSuccess else { throw RegistryError.of(response, printable(url)) }
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
        var known = authorization.withLock { $0 }
        var response = try await follow(url, headers, known, body)
        // Twice, since the first answer may be a token of an earlier pull that counts no more.
        for _ in 1...2 where response.status == 401 {
            let challenges = response.challenges.flatMap(Challenge.parse)
            guard let answer = try await tokens.answer(challenges, refused: known),
                answer != known
            else { break }
            known = answer
            authorization.withLock { $0 = answer }
            response = try await follow(url, headers, answer, body)
        }
        return response
    }

    /// Follows redirects by hand: credentials go to the registry's own origin and nowhere else.
    private func follow(
        _ start: String, _ headers: [String], _ authorization: String?, _ body: HTTPBody
    ) async throws -> HTTPResponse {
        var url = start
        for _ in 0...Self.mostRedirects {
            let request = request(url, headers, authorization)
            let response = try await client.send(request, body)
            guard [301, 302, 303, 307, 308].contains(response.status) else { return response }
            guard let next = response.location else { return response }
            url = try allowed(next, from: url)
        }
        throw GantryError(
            .unavailable, "\(printable(start)) redirects more than \(Self.mostRedirects) times")
    }

    private func request(
        _ url: String, _ headers: [String], _ authorization: String?
    ) -> HTTPRequest {
        var request = HTTPRequest(
            url: url, headers: headers, isInsecure: endpoint.isInsecure,
            trust: endpoint.trust(for: url))
        guard endpoint.isOrigin(of: url) else { return request }
        request.headers += endpoint.headers
        if let authorization { request.headers.append("Authorization: \(authorization)") }
        return request
    }

    private func allowed(_ next: String, from url: String) throws(GantryError) -> String {
        if next.begins(with: "https://") { return next }
        guard next.begins(with: "http://") else {
            throw GantryError(
                .permissionDenied,
                "\(printable(url)) redirects to \(printable(next)), which is not HTTP")
        }
        guard endpoint.scheme == .http || endpoint.isInsecure else {
            throw GantryError(
                .permissionDenied, "\(printable(url)) redirects to a place without TLS")
        }
        return next
    }
}

extension Endpoint {
    /// Whether a URL is this endpoint's scheme, host and port: what may be told its secrets.
    func isOrigin(of url: String) -> Bool {
        let origin = "\(scheme.rawValue)://\(host)"
        guard let rest = url.removing(prefix: origin) else { return false }
        return rest.utf8.first.map { "/?#".utf8.contains($0) } ?? true
    }

    /// The client certificate is for this host alone; authorities are for its storage too.
    func trust(for url: String) -> Trust {
        if isOrigin(of: url) { return trust }
        var others = trust
        others.certificate = nil
        others.key = nil
        return others
    }
}
