import Glibc
import Model
import Testing

@testable import Streaming

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    /// What a shell command prints.
    private static func shell(_ command: String) -> String {
        guard let stream = popen(command, "r") else { return "" }
        defer { pclose(stream) }
        var text: [UInt8] = []
        while case let byte = fgetc(stream), byte != EOF { text.append(UInt8(byte)) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func makeCertificate() -> String {
        let directory = shell("mktemp -d").split(separator: "\n").first.map(String.init) ?? "/tmp"
        _ = shell(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
                + " -keyout \(directory)/key.pem -out \(directory)/cert.pem 2>/dev/null")
        return directory
    }

    private static func ask(_ url: String, _ options: String) -> String {
        let address = url.split(separator: "/")[1]
        return shell(
            "(printf 'GET /exec/x HTTP/1.1\\r\\nHost: x\\r\\nUpgrade: SPDY/3.1\\r\\n"
                + "X-Stream-Protocol-Version: v4.channel.k8s.io\\r\\n\\r\\n'; sleep 1)"
                + " | timeout 5 openssl s_client -quiet -connect \(address) \(options) 2>/dev/null")
    }

    @Test func servesWithACertificate() async throws {
        let directory = Self.makeCertificate()
        defer { _ = Self.shell("rm -r \(directory)") }
        var settings = StreamingSettings()
        settings.certificate = "\(directory)/cert.pem"
        settings.key = "\(directory)/key.pem"
        try await withServer(.exec(ExecRequest(containerId: "c")), settings) { url in
            #expect(url.hasPrefix("https://127.0.0.1:"))
            #expect(Self.ask(url, "").hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func wantsTheClientsCertificate() async throws {
        let directory = Self.makeCertificate()
        defer { _ = Self.shell("rm -r \(directory)") }
        var settings = StreamingSettings()
        settings.certificate = "\(directory)/cert.pem"
        settings.key = "\(directory)/key.pem"
        settings.clientCA = "\(directory)/cert.pem"
        try await withServer(.exec(ExecRequest(containerId: "c")), settings) { url in
            #expect(Self.ask(url, "") == "")
            let shown = "-cert \(directory)/cert.pem -key \(directory)/key.pem"
            #expect(Self.ask(url, shown).hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func namesAMissingCertificate() async throws {
        var settings = StreamingSettings()
        settings.certificate = "/nonexistent/cert.pem"
        await #expect(throws: GantryError.self) { try await StreamingServer.bind(settings) }
    }

    @Test func closesIdleConnections() async throws {
        var settings = StreamingSettings()
        settings.idleTimeout = .milliseconds(300)
        let request = AttachRequest(containerId: "c", stdin: true, stdout: true)
        try await withServer(.attach(request), settings) { url in
            let bytes = try RawClient(url).receive()
            #expect(bytes.isEmpty)
        }
    }

    @Test func closesConnectionsWithoutARequest() async throws {
        var settings = StreamingSettings()
        settings.creationTimeout = .milliseconds(300)
        let request = AttachRequest(containerId: "c", stdin: true, stdout: true)
        try await withServer(.attach(request), settings) { url in
            let raw = try RawClient(url)
            let head = try raw.upgrade([
                "Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: v4.channel.k8s.io",
            ])
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            // The streams do not come.
            let bytes = try raw.receive()
            #expect(bytes.isEmpty)
        }
    }
}
