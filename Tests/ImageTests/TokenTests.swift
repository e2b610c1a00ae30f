import Archive
import Foundation
import ImageProtocol
import Model
import Testing

@testable import Image
@testable import ImageWorker

/// What token servers answer.
struct TokenTests {
    private let bench: PullBench
    private let image = FakeImage()

    init() throws {
        bench = try PullBench()
    }

    private func server(
        _ answer: @escaping @Sendable () -> HTTPServer.Response
    ) -> HTTPServer {
        image.server { request in
            if request.path.hasPrefix("/token") { return answer() }
            if request.headers["authorization"] == "Bearer good" { return nil }
            let host = request.headers["host"] ?? ""
            let challenge = #"Bearer realm="http://\#(host)/token",service="s""#
            return .init(status: 401, headers: ["WWW-Authenticate": challenge])
        }
    }

    @Test(arguments: [
        ("-9223372036854775808", 60), ("9223372036854775807", 86400),
        ("18446744073709551616", 86400),
        ("1e400", 60), ("-1e300", 60), ("1e300", 86400), ("0", 60), ("-1", 60), ("300.7", 300),
        ("\"300\"", 300), ("\"soon\"", 60), ("\"\"", 60), ("null", 60), ("true", 60), ("[1]", 60),
        ("\"nan\"", 60), ("\"inf\"", 86400), ("3600", 3600),
    ])
    func lives(_ text: String, _ life: Int) throws {
        let bytes = Data("{\"token\": \"good\", \"expires_in\": \(text)}".utf8)
        // What is no JSON number of any type is no answer.
        guard let answer = try? JSONDecoder().decode(TokenAnswer.self, from: bytes) else {
            #expect(text == "1e400")
            return
        }
        #expect(answer.life == life)
        #expect(answer.token == "good")
    }

    @Test(arguments: [
        #"{"token": "", "access_token": "good"}"#, #"{"token": null, "access_token": "good"}"#,
        #"{"token": "good", "access_token": ""}"#, #"{"token": 7, "access_token": "good"}"#,
        #"{"access_token": "good", "expires_in": -9223372036854775808}"#,
    ])
    func eitherField(_ text: String) async throws {
        _ = try await bench.pull(from: server { .init(body: Array(text.utf8)) })
    }

    @Test(arguments: [
        "{}", #"{"token": ""}"#, "[]", #"{"token": "a\r\nHost: b"}"#,
        "{\"token\": \"\(String(repeating: "x", count: 65537))\"}",
    ])
    func noToken(_ text: String) async {
        let error = await #expect(throws: GantryError.self) {
            _ = try await bench.pull(from: server { .init(body: Array(text.utf8)) })
        }
        #expect(error?.code == .unauthenticated)
    }

    @Test func aBusyTokenServerIsAskedAgain() async throws {
        let first = Once()
        let server = server {
            first.take()
                ? .init(status: 429, headers: ["Retry-After": "0"])
                : .init(body: Array(#"{"token": "good"}"#.utf8))
        }
        _ = try await bench.pull(from: server)
        #expect(server.requests(for: "/token").count == 2)
    }

    /// A registry chooses the names of what it wants tokens for.
    @Test func theTokensThatAreKeptAreBounded() {
        let cache = TokenCache()
        let long = String(repeating: "x", count: 100_000)
        let keys = (0..<40).map {
            TokenCache.Key(realm: "\($0)", service: long, scope: "", credentials: .none)
        }
        for key in keys { cache.keep("token", for: 300, key) }
        #expect(keys.count { cache.find($0) != nil } == 10)
    }
}
