import Archive
import Foundation
import ImageTree
import Model
import Synchronization
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

/// Who is told which secret.
struct AuthorizationTests {
    private let bench: PullBench
    private let image = FakeImage()
    private static let basic = "Basic dXNlcjpzZWNyZXQ="  // user:secret

    init() throws {
        bench = try PullBench()
    }

    /// A registry that wants `token`, and gives it out under /token.
    private func tokenServer(_ token: String) -> HTTPServer {
        image.server { request in
            if request.path.hasPrefix("/token") {
                return .init(body: Array(#"{"access_token": "\#(token)"}"#.utf8))
            }
            if request.headers["authorization"] == "Bearer \(token)" { return nil }
            let host = request.headers["host"] ?? ""
            let challenge = #"Bearer realm="http://\#(host)/token",service="a b",scope="s:x:pull""#
            return .init(status: 401, headers: ["WWW-Authenticate": challenge])
        }
    }

    @Test func anonymousTokens() async throws {
        let server = tokenServer("abc")
        _ = try await bench.pull(from: server)
        let asked = server.requests(for: "/token")
        #expect(asked.map(\.path) == ["/token?scope=s%3Ax%3Apull&service=a%20b"])
        #expect(asked.first?.headers["authorization"] == nil)
    }

    @Test func tokensForAUser() async throws {
        let server = tokenServer("abc")
        _ = try await bench.pull(from: server, .basic(user: "user", password: "secret"))
        #expect(server.requests(for: "/token").map { $0.headers["authorization"] } == [Self.basic])
        #expect(
            server.requests(for: "/v2").allSatisfy { $0.headers["authorization"] != Self.basic })
    }

    @Test func aTokenServesTheNextPullToo() async throws {
        let server = tokenServer("abc")
        defer { server.stop() }
        let puller = Puller(
            layers: bench.layers, registries: Registries(), privileges: .none,
            idleTime: .seconds(3600))
        let reference = try Reference.parse("127.0.0.1:\(server.port)/app:1")
        for _ in 1...2 { _ = try await puller.pull(reference) }
        #expect(server.requests(for: "/token").count == 1)
        // Another user is asked for anew.
        _ = try await puller.pull(reference, credentials: .basic(user: "u", password: "p"))
        #expect(server.requests(for: "/token").count == 2)
    }

    @Test func aTokenThatIsRefusedIsAskedForAnew() async throws {
        let valid = Mutex(1)
        let server = image.server { request in
            let token = "t\(valid.withLock { $0 })"
            if request.path.hasPrefix("/token") {
                return .init(body: Array(#"{"token": "\#(token)"}"#.utf8))
            }
            if request.headers["authorization"] == "Bearer \(token)" { return nil }
            let host = request.headers["host"] ?? ""
            let challenge = #"Bearer realm="http://\#(host)/token""#
            return .init(status: 401, headers: ["WWW-Authenticate": challenge])
        }
        defer { server.stop() }
        let puller = Puller(layers: bench.layers, registries: Registries(), privileges: .none)
        let reference = try Reference.parse("127.0.0.1:\(server.port)/app:1")
        _ = try await puller.pull(reference)
        valid.withLock { $0 = 2 }
        _ = try await puller.pull(reference)
        #expect(server.requests(for: "/token").count == 2)
    }

    @Test func identityTokensAreExchanged() async throws {
        let server = tokenServer("abc")
        _ = try await bench.pull(from: server, .identityToken("r/1"))
        let asked = try #require(server.requests(for: "/token").first)
        #expect(asked.method == "POST")
        #expect(asked.body.contains("grant_type=refresh_token&refresh_token=r%2F1"))
    }

    @Test func registryTokensAreSentAsTheyAre() async throws {
        let server = tokenServer("given")
        _ = try await bench.pull(from: server, .registryToken("given"))
        #expect(server.requests(for: "/token").isEmpty)
    }

    @Test func basicWhenTheRegistryAsksForIt() async throws {
        let server = image.server { request in
            if request.headers["authorization"] == Self.basic { return nil }
            return .init(status: 401, headers: ["WWW-Authenticate": "Basic realm=\"x\""])
        }
        _ = try await bench.pull(from: server, .basic(user: "user", password: "secret"))
    }

    @Test func withoutOrWithWrongCredentials() async throws {
        for credentials in [Credentials.none, .basic(user: "user", password: "wrong")] {
            let server = HTTPServer { _ in
                .init(status: 401, headers: ["WWW-Authenticate": "Basic realm=\"x\""])
            }
            let error = await #expect(throws: GantryError.self) {
                _ = try await bench.pull(from: server, credentials)
            }
            #expect(error?.code == .unauthenticated)
            #expect(error?.description.contains("wrong") == false)
        }
        let error = await #expect(throws: GantryError.self) {
            _ = try await bench.pull(from: HTTPServer { _ in .init(status: 403) })
        }
        #expect(error?.code == .permissionDenied)
    }

    @Test func redirectsToOtherHostsTakeNoSecretAlong() async throws {
        let image = self.image
        let storage = HTTPServer { _ in .init(body: image.layer) }
        defer { storage.stop() }
        let server = image.server { request in
            guard request.headers["authorization"] == Self.basic else {
                return .init(status: 401, headers: ["WWW-Authenticate": "Basic realm=\"x\""])
            }
            guard request.path.hasSuffix(image.layerDigest) else { return nil }
            let location = "http://127.0.0.1:\(storage.port)/elsewhere"
            return .init(status: 307, headers: ["Location": location])
        }
        _ = try await bench.pull(from: server, .basic(user: "user", password: "secret"))
        #expect(storage.requests.map(\.path) == ["/elsewhere"])
        #expect(storage.requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test func mirrorsAreToldNothing() async throws {
        let mirror = HTTPServer { _ in
            .init(status: 401, headers: ["WWW-Authenticate": "Basic realm=\"x\""])
        }
        let server = image.server()
        defer {
            mirror.stop()
            server.stop()
        }
        let file = "\(bench.root)/registries.conf"
        try """
        [[registry]]
        location = "127.0.0.1:\(server.port)"
        [[registry.mirror]]
        location = "127.0.0.1:\(mirror.port)"
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let registries = try Registries.load(path: file, directory: "/nonexistent")
        _ = try await bench.pull(
            "127.0.0.1:\(server.port)/app:1", .basic(user: "user", password: "secret"),
            registries: registries)
        #expect(!mirror.requests.isEmpty)
        #expect(mirror.requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test func credentialsOfTheCRI() throws {
        let reference = try Reference.parse("quay.io/a/b")
        let user = Credentials.basic(user: "user", password: "secret")
        #expect(try Credentials(username: "user", password: "secret", for: reference) == user)
        #expect(try Credentials(auth: "dXNlcjpzZWNyZXQ=", for: reference) == user)
        #expect(try Credentials(identityToken: "t", for: reference) == .identityToken("t"))
        #expect(try Credentials(registryToken: "t", for: reference) == .registryToken("t"))
        #expect(try Credentials(for: reference) == .none)
        for token in ["a\r\nHost: other", "a\n", "a b", "\u{e9}"] {
            let error = #expect(throws: GantryError.self) {
                try Credentials(registryToken: token, for: reference)
            }
            #expect(error?.message.contains("registry_token") == true)
        }
        #expect(
            try Credentials(
                username: "user", password: "secret", serverAddress: "https://quay.io/v2/",
                for: reference) == user)
        #expect(
            try Credentials(
                username: "user", password: "secret", serverAddress: "ghcr.io", for: reference)
                == .none)
        #expect(throws: GantryError.self) { try Credentials(auth: "!", for: reference) }
        #expect("\(user)" == "a user and a password")
    }
}
