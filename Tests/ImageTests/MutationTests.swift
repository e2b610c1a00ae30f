import Foundation
import Model
import Testing
import YAML

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

/// What comes from outside may be anything: it is taken or refused with a `GantryError`, and nothing
/// crashes or hangs.
struct MutationTests {
    private static let digest = "sha256:" + String(repeating: "ab", count: 32)

    /// Runs `body` on each; anything that it throws but a `GantryError` is an issue.
    private func check(_ inputs: Mutations, _ body: ([UInt8]) throws -> Void) {
        for input in inputs {
            do { try body(input) } catch is GantryError {} catch {
                Issue.record(
                    "\(error) of \(String(decoding: input, as: UTF8.self).debugDescription)")
            }
        }
    }

    @Test func references() {
        let seeds = [
            "busybox", "quay.io/a/b:1", "localhost:5000/x_y/z--a@\(Self.digest)",
            "[::1]:5000/a:tag", "a.b/c.d/e__f:v1.0@\(Self.digest)",
        ]
        let words = [
            "/", ":", "@", "sha256:", "..", "%2f", "[", "\u{0}", "é", "A", "//", "localhost",
        ]
        check(Mutations(of: seeds, words: words, count: 20_000)) { input in
            let reference = try Reference.parse(String(decoding: input, as: UTF8.self))
            // What is taken means the same when it is read again, and is one path of a URL.
            #expect(try Reference.parse(reference.description) == reference)
            #expect(!reference.path.contains("..") && reference.path.allSatisfy(\.isASCII))
        }
    }

    @Test func registriesFiles() {
        let seeds = [
            """
            unqualified-search-registries = ["docker.io"]
            [[registry]]
            prefix = "*.example.com"
            location = "a.b/c"
            [[registry.mirror]]
            location = "m.example"
            pull-from-mirror = "tag-only"
            [aliases]
            "x" = "y.z/x"
            """
        ]
        let words = [
            "[", "]", "\"", "=", "\n", "[[registry]]", "location", "= 5\n", "''", "\\u0000",
        ]
        check(Mutations(of: seeds, words: words)) { input in
            var registries = Registries()
            try registries.merge(RegistriesFile(String(decoding: input, as: UTF8.self), "fuzz"))
            _ = try registries.endpoints(for: Reference.parse("a.example.com/b:1"))
        }
    }

    @Test func hostsFiles() {
        let seeds = [
            """
            server = "https://a.example"
            [host."https://b.example/v2"]
            capabilities = ["pull", "resolve"]
            client = [["a", "b"], ["c"]]
            ca = "x"
            override_path = true
            [host."https://b.example/v2".header]
            x-a = ["1", "2"]
            """
        ]
        let words = [
            "[", "]", "\"", "://", "\n", "[host.\"", "header", "= 5\n", "[[", "skip_verify",
        ]
        check(Mutations(of: seeds, words: words)) { input in
            let file = try HostsFile(String(decoding: input, as: UTF8.self), "/fuzz/hosts.toml")
            let own = Endpoint(scheme: .https, host: "r.example", repository: "a")
            let endpoints = file.endpoints(insteadOf: own, registry: "r.example")
            #expect(endpoints.allSatisfy { $0.headers.allSatisfy { !$0.contains("\n") } })
        }
    }

    @Test func documents() {
        let content =
            #"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\#(Self.digest)","size":5}"#
        let config = content.replacing("layer.v1.tar", with: "config.v1+json")
        let seeds = [
            #"{"schemaVersion":2,"config":\#(config),"layers":[\#(content)]}"#,
            #"{"schemaVersion":2,"manifests":[{"digest":"\#(Self.digest)","size":1,"platform":{"os":"linux","architecture":"amd64"}}]}"#,
            #"{"rootfs":{"diff_ids":["\#(Self.digest)"]},"config":{"Env":["A=b"],"User":"1"}}"#,
        ]
        let words = [
            "{", "}", "[", "null", "-1", "1e99", "99999999999999999999", "\"layers\":", "\\ud800",
        ]
        check(Mutations(of: seeds, words: words)) { _ = try Manifest($0, type: "") }
        check(Mutations(of: seeds, words: words, seed: 2)) { _ = try ConfigDocument($0) }
    }

    /// Whatever an artifact's layers are called, no file goes anywhere but below its directory.
    @Test func artifacts() {
        let layer =
            #"{"mediaType":"a/b","digest":"\#(Self.digest)","size":5,"annotations":{"org.opencontainers.image.title":"a/b.c"}}"#
        let seeds = [
            #"{"artifactType":"a/b","config":\#(layer),"layers":[\#(layer)]}"#
        ]
        let words = [
            "..", "/", "\\u0000", "null", "{}", "\"\"", "application/vnd.oci.empty.v1+json",
        ]
        check(Mutations(of: seeds, words: words)) { input in
            guard case .artifact(_, let layers) = try Manifest(input, type: "") else { return }
            for case .file(let path) in try LayerPart.ofArtifact(layers).map(\.form) {
                #expect(!path.hasPrefix("/") && !path.split(separator: "/").contains(".."))
            }
        }
    }

    @Test func lookasides() {
        let seeds = [
            "default-docker:\n  lookaside: file:///a\ndocker:\n  a.b/c:\n    sigstore: https://d/e\n"
        ]
        let words = ["docker:", "\n", "  ", "{", "[", "&a", "*a", "'", "lookaside: 5", "~"]
        check(Mutations(of: seeds, words: words)) { input in
            var lookaside = Lookaside()
            try lookaside.add(try YAMLDocument.parse(input))
            _ = lookaside.base(for: try Reference.parse("a.b/c"))
        }
    }

    /// The documents of archives, each in a directory of its own.
    @Test func archives() throws {
        let root = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let write = { (name: String, content: [UInt8]) in
            try Data(content).write(to: URL(fileURLWithPath: "\(root)/\(name)"))
        }
        try write("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        try write("c.json", FakeImage().config)
        let seeds = [
            #"{"manifests":[{"digest":"\#(Self.digest)","size":1,"annotations":{"io.containerd.image.name":"a.b/c:1"}}]}"#,
            #"[{"Config":"c.json","RepoTags":["a:1"],"Layers":["c.json"]}]"#,
        ]
        let words = ["..", "/", "null", "{}", "[]", "\"\"", "a/b:c@d", "oci-layout"]
        check(Mutations(of: seeds, words: words, count: 1000)) { input in
            try write("index.json", input)
            try write("manifest.json", input)
            let files = ArchiveFiles.directory(try OpenFile(apart: root, isReadOnly: true))
            let images = [
                try? OCILayout(files: files).images(), try? DockerArchive(files: files).images(),
            ]
            for case let images?? in images {
                _ = try ArchiveNaming(given: nil).name(images)
            }
        }
    }

    @Test func policies() {
        let seeds = [
            #"{"default":[{"type":"reject"}],"transports":{"docker":{"a.b":[{"type":"sigstoreSigned","keyData":"AAAA","signedIdentity":{"type":"matchRepository"}}]}}}"#
        ]
        let words = ["{", "}", "null", "\"type\":", "insecureAcceptAnything", "[]", "1"]
        check(Mutations(of: seeds, words: words)) {
            // No mutation of a policy that rejects by default lets all in without the word.
            let policy = try PolicyFile(path: "fuzz").policy($0)
            let isOpen = policy.fallback.contains(.insecureAcceptAnything)
            #expect(!isOpen || String(decoding: $0, as: UTF8.self).contains("insecureAccept"))
        }
    }

    @Test func challenges() {
        let seeds = [#"Bearer realm="https://a/token",service="b",scope="c:d:pull", Basic realm=x"#]
        let words = ["\"", "\\", "=", ",", " ", "Bearer", "\t"]
        check(Mutations(of: seeds, words: words)) {
            _ = Challenge.parse(String(decoding: $0, as: UTF8.self))
        }
    }
}
