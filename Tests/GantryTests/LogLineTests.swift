import Testing

@testable import gantry

@Suite struct LogLineTests {
    private let line = LogLine(
        time: "2026-11-24T01:02:03.004Z", level: "warning", message: "no \"such\"\nimage",
        fields: [("code", "NotFound"), ("path", "a b")])

    @Test func text() {
        #expect(
            line.text
                == "2026-11-24T01:02:03.004Z warning no \"such\"\\nimage code=NotFound path=\"a b\""
        )
    }

    /// "\r\n" is one Character: what a container's command says must not begin a line of its own.
    @Test(arguments: ["a\r\n2026 error forged", "a\n\u{301}b", "a\rb", "\u{1b}[2J\u{7f}"])
    func aMessageIsOneLine(_ message: String) {
        let line = LogLine(time: "t", level: "info", message: message, fields: [("k", message)])
        #expect(!line.text.utf8.contains { $0 < 0x20 || $0 == 0x7f })
        #expect(!line.json.utf8.contains { $0 < 0x20 || $0 == 0x7f })
    }

    @Test func json() {
        #expect(
            line.json == """
                {"time":"2026-11-24T01:02:03.004Z","level":"warning",\
                "message":"no \\"such\\"\\nimage","code":"NotFound","path":"a b"}
                """)
    }

    @Test func controlCharactersInJSON() {
        let line = LogLine(time: "", level: "", message: "\u{1b}[1m\\\t", fields: [])
        #expect(line.json.hasSuffix("\"message\":\"\\u001b[1m\\\\\\t\"}"))
    }
}

@Suite struct MetricsEndpointTests {
    @Test(arguments: [
        ("127.0.0.1:9090", "127.0.0.1", 9090), ("[::1]:80", "::1", 80), ("host:0", "host", 0),
    ]) func addresses(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(MetricsEndpoint.split(text))
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: ["", "9090", ":9090", "host:", "host:70000", "host:http"])
    func whatIsNoAddress(_ text: String) {
        #expect(MetricsEndpoint.split(text) == nil)
    }
}
