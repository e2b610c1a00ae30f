import Model
import Testing

@testable import Image

/// Registries whose answers have no end.
struct EndlessAnswerTests {
    private let bench: PullBench

    init() throws {
        bench = try PullBench()
    }

    private static let chunked =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            // An error's text.
            ("HTTP/1.1 404 No\r\nContent-Length: 1000000000000\r\n\r\n", "no such image "),
            // Headers behind a body, which libcurl keeps without a bound.
            (chunked + "2\r\n{}\r\n0\r\n", "a: " + String(repeating: "b", count: 1000) + "\r\n"),
            // Responses before the response.
            ("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n", "a: b\r\n"),
            ("HTTP/1.1 200 OK\r\na: ", "b"),
        ])
    func areLeft(first: String, others: String) async {
        let answer = HTTPServer.Response(
            fault: .endless(Array(first.utf8), then: Array(others.utf8)))
        await #expect(throws: GantryError.self) {
            try await bench.pull(from: HTTPServer { _ in answer })
        }
    }
}
