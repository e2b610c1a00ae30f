import Foundation
import ImageProtocol
import Model
import Testing

@testable import Image
@testable import ImageWorker

/// Proxies as Go's httpproxy chooses them.
struct ProxyTests {
    private let bench: PullBench

    init() throws {
        bench = try PullBench()
    }

    private func proxy(_ url: String, _ exceptions: String) -> String {
        ProxyRules([
            "HTTP_PROXY": "proxy:3128", "https_proxy": "http://tls:1", "NO_PROXY": exceptions,
        ]).proxy(for: url)
    }

    @Test(arguments: [
        "http://localhost:5000/v2/", "http://127.0.0.1/", "https://127.8.9.1:5000/",
        "http://[::1]:5000/",
        "http://[::ffff:127.0.0.1]/", "http://LOCALHOST/",
    ])
    func loopbackIsNeverAskedThroughOne(_ url: String) {
        #expect(proxy(url, "") == "")
    }

    @Test func eachSchemeHasItsOwn() {
        #expect(proxy("http://a.example/", "") == "http://proxy:3128")
        #expect(proxy("https://a.example/", "") == "http://tls:1")
        #expect(ProxyRules(["no_proxy": "*"]).proxy(for: "http://a/") == "")
        #expect(
            ProxyRules(["HTTP_PROXY": "a:1", "http_proxy": "b:1"]).proxy(for: "http://c/")
                == "http://a:1")
    }

    @Test(arguments: [
        ("a.example", "example", true), ("a.example", "a.example", true),
        ("aa.example", "a.example", false),
        ("a.example", ".example", true), ("example", ".example", false),
        ("a.example", "*.example", true),
        ("example", "*.example", false), ("A.Example", "EXAMPLE", true), ("a.example", "*", true),
        ("a.example", " other , example ", true), ("a.example:5000", "example:5000", true),
        ("a.example:5000", "example:5001", false), ("a.example", "example:80", true),
        ("10.1.2.3", "10.0.0.0/8", true), ("11.1.2.3", "10.0.0.0/8", false),
        ("10.1.2.3:5000", "10.0.0.0/15", true), ("10.2.2.3", "10.0.0.0/15", false),
        ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3:5000", "10.1.2.3:5000", true),
        ("10.1.2.3:5000", "10.1.2.3:80", false), ("10.1.2.3", "10.0.0.0/33", false),
        ("[fd00::1]:5000", "fd00::/8", true), ("[fd00::1]", "fd00::1", true),
        ("[fd00::1]:80", "[fd00::1]:80", true), ("a.example", "", false),
        ("a.example", ",,:80", false),
    ])
    func exceptions(_ host: String, _ exceptions: String, _ isDirect: Bool) {
        #expect((proxy("http://\(host)/v2/", exceptions) == "") == isDirect)
    }

    /// A proxy gets the whole URL to ask for.
    @Test func hostsHaveTheirOwn() async throws {
        let image = FakeImage()
        let proxy = HTTPServer { request in
            let path = request.path.replacingOccurrences(
                of: "http://registry.example:5000", with: "")
            return image.answer(path) ?? .init(status: 404)
        }
        defer { proxy.stop() }
        let directory = "\(bench.root)/certs.d/registry.example:5000"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try """
        server = "http://registry.example:5000"
        proxy = "127.0.0.1:\(proxy.port)"
        """.write(toFile: "\(directory)/hosts.toml", atomically: true, encoding: .utf8)
        let registries = try Registries.load(
            path: "/nonexistent", directory: "/nonexistent", hosts: ["\(bench.root)/certs.d"])
        _ = try await bench.pull("registry.example:5000/app:1", registries: registries)
        #expect(!proxy.requests.isEmpty)
        #expect(
            proxy.requests.allSatisfy { $0.path.hasPrefix("http://registry.example:5000/v2/app/") })
        let lines = try Explanation(of: "registry.example:5000/app:1", registries).lines
        #expect(lines.contains("     proxy: http://127.0.0.1:\(proxy.port)"))
    }
}
