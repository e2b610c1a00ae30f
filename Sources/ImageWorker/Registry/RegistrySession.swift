internal import Archive
internal import FoundationEssentials
internal import ImageProtocol
internal import Model
internal import Synchronization
internal import Text

/// Requests to one endpoint, with its authorization, redirects and second attempts.
final class RegistrySession: Sendable {
    let endpoint: Endpoint
    private let client: HTTPClient
    private let tokens: TokenSource
    private let authorization: Mutex<String?>

    private static let mostRedirects = 10

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
    /// - Parameters:
    ///   - isChecked: whether a digest says what must come, so that it may come over any line.
    ///   - tolerated: the refusals that the caller can do something about.
    /// - Throws: `TransferError` when the registry cannot be reached, `GantryError` for a refusal.
    func get(
        _ path: String, _ headers: [String] = [], _ body: HTTPBody, isChecked: Bool = false,
        tolerated: Set<Int> = []
    ) async throws -> HTTPResponse {
        let url = endpoint.url(path)
        let response = try await SecondAttempts.run {
            try await authorized(url, headers, body, isChecked)
        }
        guard response.isSuccess || tolerated.contains(response.status) else {
            throw RegistryError.of(response, printable(url))
        }
        return response
    }

    /// Sends something else than a GET, with no second attempt.
    /// - Parameter url: of this endpoint or of where it sends uploads.
    func send(
        _ method: HTTPMethod, _ url: String, _ headers: [String] = []
    ) async throws -> HTTPResponse {
        try await authorized(url, headers, .collect(limit: 1 << 20), false, method)
    }

    private func authorized(
        _ url: String, _ headers: [String], _ body: HTTPBody, _ isChecked: Bool,
        _ method: HTTPMethod = .get
    ) async throws -> HTTPResponse {
        var known = authorization.withLock { $0 }
        var (response, isOwn) = try await follow(
            url, headers, known, body, isChecked, method)
        // Twice, since the first answer may be a token of an earlier pull that counts no more. Nobody but
        // the registry may say where its credentials go: its storage may be reached without TLS.
        for _ in 1...2 where response.status == 401 && isOwn {
            let challenges = response.challenges.flatMap(Challenge.parse)
            guard let answer = try await tokens.answer(challenges, refused: known),
                answer != known
            else { break }
            known = answer
            authorization.withLock { $0 = answer }
            (response, isOwn) = try await follow(
                url, headers, answer, body, isChecked, method)
        }
        return response
    }

    /// Follows redirects by hand: credentials go to the registry's own origin and nowhere else.
    /// - Returns: the last response, and whether the registry itself gave it.
    private func follow(
        _ start: String, _ headers: [String], _ authorization: String?, _ body: HTTPBody,
        _ isChecked: Bool, _ method: HTTPMethod
    ) async throws -> (HTTPResponse, isOwn: Bool) {
        var url = start
        for _ in 0...Self.mostRedirects {
            var request = request(url, headers, authorization)
            request.method = method
            let response = try await client.send(request, body)
            guard [301, 302, 303, 307, 308].contains(response.status),
                let next = response.location
            else { return (response, endpoint.isOrigin(of: url)) }
            url = try allowed(next, from: url, isChecked)
        }
        throw GantryError(
            .unavailable, "\(printable(start)) redirects more than \(Self.mostRedirects) times")
    }

    private func request(
        _ url: String, _ headers: [String], _ authorization: String?
    ) -> HTTPRequest {
        var request = HTTPRequest(
            url: url, headers: headers, isInsecure: endpoint.isInsecure,
            trust: endpoint.trust(for: url), proxy: endpoint.proxy(for: url))
        guard endpoint.isOrigin(of: url) else { return request }
        request.headers += endpoint.headers
        if let authorization { request.headers.append("Authorization: \(authorization)") }
        return request
    }

    /// Content of a known digest may come from storage without TLS, which learns no secret; what is only
    /// known by its name may not.
    private func allowed(
        _ next: String, from url: String, _ isChecked: Bool
    ) throws(GantryError) -> String {
        if next.begins(with: "https://") { return next }
        guard next.begins(with: "http://") else {
            throw GantryError(
                .permissionDenied,
                "\(printable(url)) redirects to \(printable(next)), which is not HTTP")
        }
        guard isChecked || endpoint.scheme == .http || endpoint.isInsecure else {
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

    /// What hosts.toml says of the host counts for its storage and its tokens too, unless they are here.
    func proxy(for url: String) -> String? {
        let authority = url.split(at: "/").dropFirst().first ?? ""
        return isOrigin(of: url) || !Self.isLoopback(String(authority)) ? proxy : nil
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
