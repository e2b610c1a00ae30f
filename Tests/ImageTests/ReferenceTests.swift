import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

struct ReferenceTests {
    private static let digest = "sha256:" + String(repeating: "a1", count: 32)

    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("user/app", "docker.io/user/app:latest"),
        ("docker.io/busybox", "docker.io/library/busybox:latest"),
        ("index.docker.io/user/app:x", "docker.io/user/app:x"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("127.0.0.1:5000/a/b/c:T_1.x-y", "127.0.0.1:5000/a/b/c:T_1.x-y"),
        ("[::1]:5000/app", "[::1]:5000/app:latest"),
        ("registry.k8s.io/pause", "registry.k8s.io/pause:latest"),
        ("quay.io/a__b/c-d--e.f", "quay.io/a__b/c-d--e.f:latest"),
        ("Registry/app", "Registry/app:latest"),
        ("busybox@\(digest)", "docker.io/library/busybox@\(digest)"),
        ("busybox:1@\(digest)", "docker.io/library/busybox:1@\(digest)"),
    ])
    func namesAreCompleted(_ text: String, _ whole: String) throws {
        let reference = try Reference.parse(text)
        #expect(reference.description == whole)
        #expect(try Reference.parse(whole) == reference)
        #expect(try Reference.parse(reference.familiar) == reference)
    }

    @Test(arguments: [
        ("", "is empty"), ("busybox:", "not a tag"), ("busybox:-x", "not a tag"),
        ("busybox:" + String(repeating: "a", count: 129), "not a tag"),
        ("UPPER", "lower case"), ("a//b", "not a repository"), ("a/-b", "not a repository"),
        ("a___b", "not a repository"), ("a b", "not a repository"), ("quay.io/", "is empty"),
        ("a..b/c", "not a registry"), ("quay.io:99999/a", "not a registry"),
        ("-x.io/a", "not a registry"),
        ("busybox@sha256:abc", "not a digest"), ("busybox@", "not a digest"),
        (digest, "image ID"), (String(repeating: "0f", count: 32), "image ID"),
        ("quay.io/" + String(repeating: "a", count: 300), "longer than"),
    ])
    func whatIsNoNameIsRefused(_ text: String, _ words: String) {
        let error = #expect(throws: GantryError.self) { try Reference.parse(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func partsAndForms() throws {
        let tagged = try Reference.parse("busybox:1")
        #expect(tagged.domain == "docker.io")
        #expect(tagged.path == "library/busybox")
        #expect(tagged.familiar == "busybox:1")
        #expect(tagged.tagged == "docker.io/library/busybox:1")
        let pinned = try Reference.parse("quay.io/a/b:1@\(Self.digest)")
        #expect(pinned.tagged == nil)
        #expect(pinned.digest.map { pinned.pinned(to: $0) } == "quay.io/a/b@\(Self.digest)")
    }
}
