import Foundation
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

struct RegistriesTests {
    private func load(_ text: String, dropIns: [String: String] = [:]) throws -> Registries {
        let home = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let directory = home.appending(path: "registries.conf.d")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { _ = try? FileManager.default.removeItem(at: home) }
        let file = home.appending(path: "registries.conf")
        try text.write(to: file, atomically: true, encoding: .utf8)
        for (name, text) in dropIns {
            try text.write(to: directory.appending(path: name), atomically: true, encoding: .utf8)
        }
        return try Registries.load(path: file.path, directory: directory.path)
    }

    private func endpoints(_ registries: Registries, _ name: String) throws -> [String] {
        try registries.endpoints(for: Reference.parse(name)).map(\.description)
    }

    private static let digest = "@sha256:" + String(repeating: "a1", count: 32)

    @Test func withoutFilesNamesSayWhere() throws {
        let none = try Registries.load(path: "/nonexistent/a", directory: "/nonexistent/b")
        #expect(try endpoints(none, "quay.io/a/b") == ["https://quay.io/a/b"])
        #expect(
            try endpoints(none, "busybox") == ["https://registry-1.docker.io/library/busybox"])
        #expect(try none.candidates(for: "busybox").map(\.familiar) == ["busybox:latest"])
    }

    @Test(arguments: ["localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000"])
    func loopbackMayBePlainHTTP(_ host: String) throws {
        #expect(
            try endpoints(Registries(), "\(host)/a") == ["http://\(host)/a", "https://\(host)/a"])
    }

    @Test func shortNameModes() throws {
        let two = "unqualified-search-registries = [\"a.example\", \"b.example\"]\n"
        for mode in ["permissive", "disabled", ""] {
            let registries = try load("short-name-mode = \"\(mode)\"\n" + two)
            #expect(try registries.candidates(for: "busybox").count == 2)
        }
        let strict = try load(
            "short-name-mode = \"enforcing\"\n" + two + "[aliases]\nknown = \"c.example/known\"\n")
        let error = #expect(throws: GantryError.self) { try strict.candidates(for: "busybox") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("a.example, b.example") == true)
        #expect(try strict.candidates(for: "known").map(\.repository) == ["c.example/known"])
        #expect(try strict.candidates(for: "a.example/busybox").count == 1)
        let one = try load(
            "", dropIns: ["1.conf": two, "2.conf": "short-name-mode = \"enforcing\""])
        #expect(throws: GantryError.self) { try one.candidates(for: "busybox") }
        #expect(throws: GantryError.self) { try load("short-name-mode = \"perhaps\"") }
    }

    @Test func whatDoesNothingHereIsNamed() throws {
        let registries = try load(
            """
            credential-helpers = ["containers-auth.json", "osxkeychain"]
            additional-layer-store-auth-helper = "helper"
            """)
        #expect(registries.warnings.count == 2)
        #expect(registries.warnings.contains { $0.contains("credential-helpers: osxkeychain") })
        #expect(registries.warnings.contains { $0.contains("additional-layer-store-auth-helper") })
        #expect(try load("credential-helpers = [\"containers-auth.json\"]").warnings.isEmpty)
    }

    @Test func mirrorsComeFirstInTheirOrder() throws {
        let registries = try load(
            """
            [[registry]]
            prefix = "docker.io"
            location = "docker.io"
            [[registry.mirror]]
            location = "mirror.example:5000/hub"
            insecure = true
            [[registry.mirror]]
            location = "tags.example"
            pull-from-mirror = "tag-only"
            [[registry.mirror]]
            location = "digests.example"
            pull-from-mirror = "digest-only"
            """)
        let mirror = ["https", "http"].map { "\($0)://mirror.example:5000/hub/library/busybox" }
        let own = "https://registry-1.docker.io/library/busybox"
        #expect(
            try endpoints(registries, "busybox")
                == mirror + ["https://tags.example/library/busybox", own])
        #expect(
            try endpoints(registries, "busybox\(Self.digest)")
                == mirror + ["https://digests.example/library/busybox", own])
    }

    @Test func theLongestPrefixDecides() throws {
        let registries = try load(
            """
            [[registry]]
            location = "quay.io"
            blocked = true
            [[registry]]
            prefix = "quay.io/team"
            location = "internal.example/quay"
            [[registry]]
            prefix = "quay.io/team/app:special"
            location = "special.example/app"
            """)
        #expect(try endpoints(registries, "quay.io/team/x") == ["https://internal.example/quay/x"])
        #expect(
            try endpoints(registries, "quay.io/team/app:special") == ["https://special.example/app"]
        )
        let error = #expect(throws: GantryError.self) {
            try endpoints(registries, "quay.io/teams/x")
        }
        #expect(error?.code == .permissionDenied)
        #expect(try endpoints(registries, "quay.io.example/x") == ["https://quay.io.example/x"])
    }

    @Test func wildcardsStandForHosts() throws {
        let registries = try load(
            """
            [[registry]]
            prefix = "*.example.com"
            [[registry.mirror]]
            location = "mirror.test"
            [[registry]]
            prefix = "*.deep.example.com"
            location = "deep.test/all"
            """)
        #expect(
            try endpoints(registries, "a.example.com/x")
                == ["https://mirror.test/x", "https://a.example.com/x"])
        #expect(try endpoints(registries, "a.deep.example.com/x") == ["https://deep.test/all/x"])
        #expect(try endpoints(registries, "example.com/x") == ["https://example.com/x"])
    }

    @Test func shortNames() throws {
        let registries = try load(
            """
            unqualified-search-registries = ["quay.io", "docker.io"]
            [aliases]
            "fedora" = "registry.fedoraproject.org/fedora"
            """)
        #expect(
            try registries.candidates(for: "app:1").map(\.description)
                == ["quay.io/app:1", "docker.io/library/app:1"])
        #expect(
            try registries.candidates(for: "fedora:40").map(\.description)
                == ["registry.fedoraproject.org/fedora:40"])
        #expect(
            try registries.candidates(for: "ghcr.io/a:1").map(\.description) == ["ghcr.io/a:1"])
    }

    @Test func dropInsReplaceByPrefix() throws {
        let registries = try load(
            "[[registry]]\nlocation = \"a.example\"\n[[registry]]\nlocation = \"b.example\"\n",
            dropIns: [
                "10-first.conf":
                    "[[registry]]\nprefix = \"a.example\"\nlocation = \"first.example\"\n",
                "20-second.conf":
                    "[[registry]]\nprefix = \"a.example\"\nlocation = \"second.example\"\n",
                "ignored.txt": "no toml at all [",
            ])
        #expect(try endpoints(registries, "a.example/x") == ["https://second.example/x"])
        #expect(try endpoints(registries, "b.example/x") == ["https://b.example/x"])
    }

    @Test(arguments: [
        ("[[registry]]\nlocation = 5\n", "registry[0].location: want a string"),
        ("[[registry]]\ninsecure = true\n", "registry[0].location"),
        ("[[registry]]\nlocation = \"a\"\ninsecure = \"yes\"\n", "registry[0].insecure: want true"),
        (
            "[[registry]]\nlocation = \"a.b\"\n[[registry.mirror]]\ninsecure = true\n",
            "mirror[0].location"
        ),
        (
            "registry = [{location = \"a\", mirror = [{location = \"m\", pull-from-mirror = \"x\"}]}]",
            "mirror[0].pull-from-mirror: want all"
        ),
        ("unqualified-search-registries = \"x\"\n", "unqualified-search-registries: want a list"),
        ("[registries.search]\nregistries = []\n", "version 1"),
        ("a = [\n", "line "),
    ])
    func mistakesNameFileAndKey(_ text: String, _ words: String) {
        let error = #expect(throws: GantryError.self) { try load(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("registries.conf: ") == true)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func unknownKeysAreTold() throws {
        let registries = try load("[[registry]]\nlocation = \"a.b\"\ninsecur = true\n")
        #expect(registries.warnings.count == 1)
        #expect(registries.warnings.first?.hasSuffix("registry[0].insecur: unknown key") == true)
    }
}
