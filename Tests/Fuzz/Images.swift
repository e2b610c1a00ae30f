import Foundation
import Model

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

private let digest = "sha256:" + String(repeating: "ab", count: 32)

/// What names images, says where they are, and what registries answer.
extension FuzzTarget {
    static let references = FuzzTarget(
        "references",
        seeds: [
            "busybox", "quay.io/a/b:1", "[::1]:5000/a:tag", "localhost:5000/x_y/z--a@\(digest)",
        ],
        words: ["/", ":", "@", "sha256:", "sha512:", "..", "[", "localhost", "é"]
    ) { input in
        let reference = try Reference.parse(input.text)
        try demand(Reference.parse(reference.description) == reference, "read again it differs")
        demand(!reference.path.contains(".."), "the path climbs")
    }

    static let registries = FuzzTarget(
        "registries",
        seeds: [
            """
            unqualified-search-registries = ["docker.io"]
            [[registry]]
            prefix = "*.example.com"
            location = "a.b/c"
            insecure = true
            [[registry.mirror]]
            location = "m.example"
            pull-from-mirror = "tag-only"
            [aliases]
            "x" = "y.z/x"
            """
        ], words: toml + ["registry", "mirror", "location", "prefix", "aliases", "blocked"]
    ) { input in
        var registries = Registries()
        try registries.merge(RegistriesFile(input.text, "fuzz"))
        _ = try registries.endpoints(for: Reference.parse("a.example.com/b:1"))
        _ = try registries.candidates(for: "x")
    }

    static let hosts = FuzzTarget(
        "hosts",
        seeds: [
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
        ], words: toml + ["host", "header", "capabilities", "client", "skip_verify", "://"]
    ) { input in
        let file = try HostsFile(input.text, "/fuzz/hosts.toml")
        let own = Endpoint(scheme: .https, host: "r.example", repository: "a")
        let endpoints = file.endpoints(insteadOf: own, registry: "r.example")
        demand(
            endpoints.allSatisfy { $0.headers.allSatisfy { !$0.contains(where: \.isNewline) } },
            "a header of two lines")
    }

    static let manifests = FuzzTarget(
        "manifests",
        seeds: [
            #"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest)","size":5},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"\#(digest)","size":5}]}"#,
            #"{"schemaVersion":2,"manifests":[{"digest":"\#(digest)","size":1,"platform":{"os":"linux","architecture":"arm","variant":"v7"}}]}"#,
            #"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":["\#(digest)"]},"config":{"Env":["A=b"],"User":"1","Volumes":{"/a":{}}}}"#,
            #"Bearer realm="https://a/token",service="b",scope="c:d:pull", Basic realm=x"#,
        ], words: json + ["layers", "config", "manifests", "digest", "size", "rootfs", "Bearer"]
    ) { input in
        _ = Challenge.parse(input.text)
        _ = try? Manifest(input, type: "")
        do { _ = try Manifest(input, type: "") } catch is GantryError {}
        _ = try ConfigDocument(input)
    }

    static let policies = FuzzTarget(
        "policies",
        seeds: [
            #"{"default":[{"type":"reject"}],"transports":{"docker":{"a.b":[{"type":"sigstoreSigned","keyData":"AAAA","signedIdentity":{"type":"remapIdentity","prefix":"a","signedPrefix":"b"}}]}}}"#,
            #"{"default":[{"type":"insecureAcceptAnything"}]}"#,
        ], words: json + ["type", "reject", "signedBy", "keyDatas", "matchExact"]
    ) { input in
        // The files that a policy names are the administrator's.
        if input.text.contains("keyPath") || input.text.contains("\\u") { return }
        let policy = try PolicyFile(path: "fuzz").policy(input)
        demand(
            !policy.fallback.contains(.insecureAcceptAnything)
                || input.text.contains("insecureAcceptAnything"), "a policy that lets all in")
    }

    static let credentials = FuzzTarget(
        "credentials",
        seeds: [
            #"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"a.b/c":{"identitytoken":"t"}}}"#,
            #"{"auths":{"a":{"username":"u","password":"p"}},"credHelpers":{}}"#,
        ], words: json + ["auths", "auth", "registrytoken", "http://"]
    ) { input in
        _ = try AuthFile(Data(input), "fuzz").find("a.b/c/d")
    }
}
