import Archive
import Foundation
import ImageTree
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

struct SignaturePolicyTests {
    private func policy(_ text: String) throws -> SignaturePolicy {
        try PolicyFile(path: "policy.json").policy(Array(text.utf8))
    }

    private func rejects(_ policy: SignaturePolicy, _ name: String) throws -> Bool {
        do {
            try policy.checkName(Reference.parse(name))
            return false
        } catch is SignatureError {
            return true
        }
    }

    @Test func theScopeThatCoversMostCounts() throws {
        let no = #"[{"type": "reject"}]"#
        let yes = #"[{"type": "insecureAcceptAnything"}]"#
        let policy = try policy(
            """
            {"default": \(no), "transports": {"docker": {
                "quay.io": \(yes), "quay.io/team": \(no), "quay.io/team/app:1": \(yes),
                "*.example.com": \(yes), "*.bad.example.com": \(no)},
              "docker-daemon": {"": [{"type": "insecureAcceptAnything"}]}}}
            """)
        #expect(try !rejects(policy, "quay.io/x:1"))
        #expect(try rejects(policy, "quay.io/team/app:2"))
        #expect(try !rejects(policy, "quay.io/team/app:1"))
        #expect(try !rejects(policy, "a.example.com/x"))
        #expect(try rejects(policy, "a.bad.example.com/x"))
        #expect(try rejects(policy, "busybox"))
    }

    @Test(arguments: [
        #"{"type": "signedBy", "keyType": "X509Certificates", "keyPath": "/k"}"#,
        #"{"type": "sigstoreSigned", "fulcio": {}}"#,
        #"{"type": "sigstoreSigned", "keyData": "x", "rekorPublicKeyPath": "/r"}"#,
    ])
    func whatCannotBeCheckedIsRefused(_ requirement: String) throws {
        let policy = try policy(#"{"default": [\#(requirement)]}"#)
        let error = #expect(throws: SignatureError.self) {
            try policy.checkName(Reference.parse("quay.io/a"))
        }
        #expect(error?.description.contains("is not supported, so it is refused") == true)
    }

    @Test(arguments: [
        ("{", "not JSON"), ("{}", "default: is missing"), (#"{"default": []}"#, "one requirement"),
        (#"{"default": [{"type": "reject"}], "transport": {}}"#, "transport: this key"),
        (#"{"default": [{"type": "acceptAll"}]}"#, "the type acceptAll is not known"),
        (#"{"default": [{"type": "reject", "x": 1}]}"#, "default.x: this key"),
        (#"{"default": [{"type": "sigstoreSigned"}]}"#, "want one of keyPath"),
        (#"{"default": [{"type": "sigstoreSigned", "keyData": "AAAA"}]}"#, "no public key"),
        (#"{"default": [{"type": "sigstoreSigned", "keyPath": "/nonexistent"}]}"#, "/nonexistent"),
        (
            #"{"default": [{"type": "signedBy", "keyPath": "/k"}]}"#,
            "default.keyType: want a string"
        ),
        (
            #"{"default": [{"type": "signedBy", "keyType": "GPGKeys", "keyDatas": []}]}"#,
            "default.keyDatas: this key"
        ),
        (
            #"{"default": [{"type": "signedBy", "keyType": "GPGKeys", "keyData": "AAAA"}]}"#,
            "keys of OpenPGP"
        ),
        (
            #"{"default": [{"type": "signedBy", "keyType": "GPGKeys"}]}"#,
            "want one of keyPath, keyPaths and keyData"
        ),
    ])
    func mistakesAreErrors(_ text: String, _ words: String) {
        let error = #expect(throws: GantryError.self) { try policy(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func identities() throws {
        let tagged = try Reference.parse("quay.io/a/b:1")
        let pinned = try Reference.parse("quay.io/a/b@sha256:" + String(repeating: "0", count: 64))
        func check(_ identity: SignedIdentity, _ signed: String, _ wanted: Reference) -> Bool {
            identity.accepts(signed, for: wanted)
        }
        #expect(check(.matchExact, "quay.io/a/b:1", tagged))
        #expect(!check(.matchExact, "quay.io/a/b:2", tagged))
        #expect(!check(.matchExact, "quay.io/a/b", tagged))
        #expect(!check(.matchExact, "quay.io/a/b:1", pinned))
        #expect(check(.matchRepoDigestOrExact, "quay.io/a/b:1", tagged))
        #expect(!check(.matchRepoDigestOrExact, "quay.io/a/b", tagged))
        #expect(check(.matchRepoDigestOrExact, "quay.io/a/b", pinned))
        #expect(check(.matchRepository, "quay.io/a/b", tagged))
        #expect(!check(.matchRepository, "quay.io/a/c", tagged))
        #expect(!check(.matchRepository, "b", tagged))
        #expect(check(.exactReference("r.example/x:1"), "r.example/x:1", tagged))
        #expect(check(.exactRepository("r.example/x"), "r.example/x:7", tagged))
        let remap = SignedIdentity.remapIdentity(prefix: "quay.io/a", signedPrefix: "r.example/z")
        #expect(check(remap, "r.example/z/b:1", tagged))
        #expect(!check(remap, "quay.io/a/b:1", tagged))
    }

    /// A P-256 key, and what it signed, made by openssl.
    private static let key = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfRVbAW6EJRfTaMh0MUr+7i5z8EUp
        zXkFz6IAuAD/DfRYiBpwlcD/9bkmb+2YEfRCTQFL3FAP2843CTB33eHh7w==
        -----END PUBLIC KEY-----

        """
    private static let signature =
        "MEUCIQDKF1NSRRwctwS6qOw+NVylc++25gQhb0J+W7c5BBEC9wIgDL7au4ubOt8aKSC31kiceatazoGktGdGMv84Nvis28E="

    @Test func signaturesOfAKey() throws {
        let key = try PublicKey(pem: Array(Self.key.utf8))
        var signature = Array(try #require(Data(base64Encoded: Self.signature)))
        #expect(key.verifies(signature, of: Array("gantry\n".utf8)))
        #expect(!key.verifies(signature, of: Array("gantrx\n".utf8)))
        signature[signature.count - 1] ^= 1
        #expect(!key.verifies(signature, of: Array("gantry\n".utf8)))
        #expect(!key.verifies([], of: Array("gantry\n".utf8)))
    }

    @Test func anUnsignedImageIsRefusedAndNothingStays() async throws {
        let bench = try PullBench()
        let server = FakeImage().server()
        defer { server.stop() }
        let key = Data(Self.key.utf8).base64EncodedString()
        let policy = try policy(
            #"{"default": [{"type": "sigstoreSigned", "keyData": "\#(key)"}]}"#)
        let puller = Puller(layers: bench.layers, registries: Registries(), privileges: .none)
        let reference = try Reference.parse("127.0.0.1:\(server.port)/app:1")
        let error = await #expect(throws: GantryError.self) {
            _ = try await puller.pull(reference, policy: policy)
        }
        #expect(error?.message.hasPrefix("SignatureValidationFailed: ") == true)
        #expect(error?.message.contains("has no signature") == true)
        #expect(bench.layers.usage().inodes == 0)
    }
}
