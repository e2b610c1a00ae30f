import Archive
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

/// What a registry may answer that must not become an image.
struct RefusedImageTests {
    private let bench: PullBench

    init() throws {
        bench = try PullBench()
    }

    private func expectError(
        _ code: GantryError.Code, _ words: String, _ server: HTTPServer
    ) async {
        let error = await #expect(throws: GantryError.self) {
            _ = try await bench.pull(from: server)
        }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(bench.staged.isEmpty)
        #expect(bench.layers.usage().inodes == 0)
    }

    private func manifest(_ text: String, type: String = "") -> HTTPServer {
        HTTPServer { _ in .init(headers: ["Content-Type": type], body: Array(text.utf8)) }
    }

    @Test func documentsThatAreNone() async {
        await expectError(.dataLoss, "cannot be read", manifest("{"))
        await expectError(.dataLoss, "neither an index nor an image", manifest("{}"))
        await expectError(
            .dataLoss, "neither an index nor an image",
            manifest(#"{"manifests": [], "layers": []}"#))
        await expectError(
            .dataLoss, "is an index", manifest(#"{"mediaType": "text/html", "manifests": []}"#))
        await expectError(.dataLoss, "does not say what", FakeImage(configType: "").server())
        await expectError(.notFound, "no image for linux/", manifest(#"{"manifests": []}"#))
    }

    @Test func formatsThatAreRefusedByName() async {
        await expectError(.unimplemented, "schema 1", manifest(#"{"schemaVersion": 1}"#))
        let prefix = "application/vnd.docker.distribution.manifest.v1+"
        await expectError(.unimplemented, "schema 1", manifest("{}", type: "\(prefix)prettyjws"))
        let foreign = FakeImage(
            layerType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
        await expectError(.unimplemented, "foreign layer", foreign.server())
        await expectError(
            .unimplemented, "unknown type", FakeImage(layerType: "text/plain").server())
    }

    @Test func contentWithAnotherDigest() async {
        let image = FakeImage()
        let other = FakeImage(size: 101)
        await expectError(
            .dataLoss, "the image configuration \(image.configDigest) was asked for",
            image.server { $0.path.hasSuffix(image.configDigest) ? .init(body: other.config) : nil }
        )
        var changed = image.layer
        changed[600] ^= 1
        let broken = changed
        await expectError(
            .dataLoss, "was asked for, and sha256:",
            image.server { $0.path.hasSuffix(image.layerDigest) ? .init(body: broken) : nil })
        await expectError(
            .dataLoss, "is longer than",
            image.server {
                $0.path.hasSuffix(image.layerDigest) ? .init(body: image.layer + [0]) : nil
            })
        await expectError(
            .dataLoss, "unpacks to", FakeImage(diffID: "\(Digest(of: [9]))").server())
    }

    @Test func anAnswerWithoutEnd() async {
        let long = [UInt8](repeating: 32, count: 5 << 20)
        await expectError(
            .resourceExhausted, "longer than 4194304 bytes", HTTPServer { _ in .init(body: long) })
    }

    @Test func redirectsForEver() async {
        await expectError(
            .unavailable, "redirects more than 10 times",
            HTTPServer { request in
                .init(status: 302, headers: ["Location": request.path + "x"])
            })
    }

    @Test func otherProtocolsAreNotFollowed() async {
        await expectError(
            .permissionDenied, "redirects to file:///etc/passwd",
            HTTPServer { _ in .init(status: 302, headers: ["Location": "file:///etc/passwd"]) })
    }
}
