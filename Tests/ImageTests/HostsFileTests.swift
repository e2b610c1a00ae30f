import Foundation
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

/// containerd's hosts.toml and the certificates beside it.
struct HostsFileTests {
    private let bench: PullBench

    init() throws {
        bench = try PullBench()
    }

    /// Registries with `certs.d/HOST/FILE` of these contents.
    private func registries(_ files: [String: String], conf: String = "") throws -> Registries {
        let root = "\(bench.root)/certs.d"
        for (name, text) in files {
            let url = URL(fileURLWithPath: "\(root)/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: true, encoding: .utf8)
        }
        let file = "\(bench.root)/registries.conf"
        try conf.write(toFile: file, atomically: true, encoding: .utf8)
        return try Registries.load(path: file, directory: "/nonexistent", hosts: [root])
    }

    private func urls(_ registries: Registries, _ name: String) throws -> [String] {
        try registries.endpoints(for: Reference.parse(name)).map { $0.url("x") }
    }

    @Test func hostsComeInTheFilesOrderAndTheServerLast() throws {
        let registries = try registries([
            "docker.io/hosts.toml": """
            server = "https://upstream.example"
            [host."https://z.example"]
              capabilities = ["pull", "resolve"]
            [host."http://a.example:5000/mirror/"]
            [host."https://whole.example/api"]
              override_path = true
            """
        ])
        #expect(
            try urls(registries, "busybox") == [
                "https://z.example/v2/library/busybox/x?ns=docker.io",
                "http://a.example:5000/mirror/v2/library/busybox/x?ns=docker.io",
                "https://whole.example/api/library/busybox/x?ns=docker.io",
                "https://upstream.example/v2/library/busybox/x",
            ])
    }

    @Test func withoutAServerTheNameSaysWhere() throws {
        let registries = try registries(["quay.io/hosts.toml": "[host.\"m.example\"]\n"])
        #expect(
            try urls(registries, "quay.io/a/b") == [
                "https://m.example/v2/a/b/x?ns=quay.io", "https://quay.io/v2/a/b/x",
            ])
        #expect(try urls(registries, "other.io/a/b") == ["https://other.io/v2/a/b/x"])
    }

    @Test func directoriesOfPortsAndOfAllOthers() throws {
        let registries = try registries([
            "a.example_5000_/hosts.toml": "server = \"https://escaped\"\n",
            "b.example:5000/hosts.toml": "server = \"https://plain\"\n",
            "_default/hosts.toml": "server = \"https://default\"\n",
        ])
        #expect(try urls(registries, "a.example:5000/x") == ["https://escaped/v2/x/x"])
        #expect(try urls(registries, "b.example:5000/x") == ["https://plain/v2/x/x"])
        #expect(try urls(registries, "c.example/x") == ["https://default/v2/x/x"])
    }

    @Test func certificatesHeadersAndCapabilities() throws {
        let registries = try registries([
            "quay.io/hosts.toml": """
            [host."https://m.example"]
            capabilities = ["pull"]
            ca = ["ca.pem", "/abs.pem"]
            client = [["c.pem", "c.key"]]
            skip_verify = true
            [host."https://m.example".header]
            X-One = "1"
            X-Two = ["2", "3"]
            """
        ])
        let endpoints = try registries.endpoints(for: Reference.parse("quay.io/a/b"))
        let mirror = try #require(endpoints.first)
        let home = "\(bench.root)/certs.d/quay.io"
        #expect(mirror.trust.authorities.map(\.path) == ["\(home)/ca.pem", "/abs.pem"])
        #expect(mirror.trust.certificate?.path == "\(home)/c.pem")
        #expect(mirror.trust.key?.path == "\(home)/c.key")
        #expect(mirror.isInsecure && mirror.isMirror)
        #expect(mirror.headers == ["X-One: 1", "X-Two: 2", "X-Two: 3"])
        let digest = "sha256:" + String(repeating: "0", count: 64)
        #expect(!mirror.serves(try Reference.parse("quay.io/a/b:1")))
        #expect(mirror.serves(try Reference.parse("quay.io/a/b@\(digest)")))
        #expect(mirror.trust(for: "https://m.example/v2/").certificate != nil)
        #expect(mirror.trust(for: "https://m.example.evil/v2/").certificate == nil)
    }

    @Test func certificatesWithoutHostsFile() throws {
        let registries = try registries(
            ["r.example/ca.crt": "", "r.example/me.cert": "", "r.example/me.key": ""])
        let endpoint = try #require(
            try registries.endpoints(for: Reference.parse("r.example/a")).first)
        let home = "\(bench.root)/certs.d/r.example"
        #expect(endpoint.trust.authorities.map(\.path) == ["\(home)/ca.crt"])
        #expect(endpoint.trust.certificate?.path == "\(home)/me.cert")
        #expect(endpoint.trust.key?.path == "\(home)/me.key")
    }

    @Test func aCertificateWithoutItsKey() throws {
        let registries = try registries(["r.example/me.cert": ""])
        let error = #expect(throws: GantryError.self) { try urls(registries, "r.example/a") }
        #expect(error?.message.contains("me.cert has no me.key") == true)
    }

    @Test(arguments: [
        ("server = 5", "server: want a string"),
        ("server = \"ftp://x\"", "want https://HOST"),
        ("[host.\"https://x\"]\ncapabilities = [\"push\", \"fly\"]", "\"fly\""),
        ("[host.\"https://x\"]\nskip_verify = \"yes\"", "skip_verify: want true or false"),
        ("[host.\"https://x\"]\nclient = [[\"a\", \"b\", \"c\"]]", "client"),
        ("[host.\"https://x\".header]\nA = \"b\\nc: d\"", "one line"),
        ("[host", "line 1"),
    ])
    func mistakesNameFileAndKey(_ text: String, _ words: String) throws {
        let registries = try registries(["r.example/hosts.toml": text])
        let error = #expect(throws: GantryError.self) { try urls(registries, "r.example/a") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("r.example/hosts.toml: ") == true)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func aMirrorIsAskedForTheRegistrysNamespaceAndGetsTheHeaders() async throws {
        let image = FakeImage()
        let mirror = HTTPServer { request in
            let path = request.path.split(separator: "?").map(String.init)
            guard path.last == "ns=r.example", request.headers["x-key"] == "1" else {
                return .init(status: 400)
            }
            return image.answer(path[0]) ?? .init(status: 404)
        }
        defer { mirror.stop() }
        let url = "http://127.0.0.1:\(mirror.port)"
        let registries = try registries([
            "r.example/hosts.toml":
                "[host.\"\(url)\"]\n[host.\"\(url)\".header]\nX-Key = \"1\"\n"
        ])
        let pulled = try await bench.pull("r.example/app:1", registries: registries)
        #expect(pulled.id == image.configDigest)
    }

    @Test func anExplanationSaysWhereAndWhy() throws {
        let registries = try registries(
            ["quay.io/hosts.toml": "[host.\"https://m.example\"]\ncapabilities = [\"pull\"]\n"],
            conf: """
                [[registry]]
                location = "bad.example"
                blocked = true
                """)
        let lines = try Explanation(of: "quay.io/a/b:1", registries).lines
        #expect(lines.first == "quay.io/a/b:1")
        #expect(lines.contains("  1. https://m.example/v2/a/b/manifests/1?ns=quay.io"))
        #expect(lines.contains { $0.hasSuffix("its capabilities allow no resolving of tags") })
        #expect(lines.contains("  2. https://quay.io/v2/a/b/manifests/1"))
        let refused = try Explanation(of: "bad.example/a", registries).lines
        #expect(refused.last?.contains("\"bad.example\" is blocked") == true)
    }
}
