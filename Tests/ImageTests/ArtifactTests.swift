import Archive
import Foundation
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

struct ArtifactTests {
    private static let tar = "application/vnd.oci.image.layer.v1.tar"

    private func layer(
        _ title: String?, type: String = "text/plain", unpack: Bool = false, _ content: String = "x"
    ) throws -> Content {
        var layer = Content(
            mediaType: type, digest: Digest(of: Array(content.utf8)), size: 1, platform: nil)
        if let title { layer.annotations["org.opencontainers.image.title"] = title }
        if unpack { layer.annotations["io.deis.oras.content.unpack"] = "true" }
        return layer
    }

    @Test func whatBecomesOfALayer() throws {
        let form = { try ArtifactFile.form(of: $0) }
        #expect(try form(layer("a.txt")) == .file("a.txt"))
        #expect(try form(layer("a/b/c")) == .file("a/b/c"))
        #expect(try form(layer(nil)) == .file(Digest(of: Array("x".utf8)).hex))
        #expect(try form(layer(nil, type: Self.tar)) == .tar)
        #expect(try form(layer("a.txt", type: Self.tar)) == .file("a.txt"))
        #expect(try form(layer("a", type: Self.tar, unpack: true)) == .tar)
    }

    @Test(arguments: [
        "..", ".", "", "/a", "a/", "a//b", "a/../b", "../a", "a\u{0}b", "../\u{301}a", "a/..",
        "/\u{301}",
    ])
    func titlesThatAreNoPaths(_ title: String) {
        let error = #expect(throws: GantryError.self) { try ArtifactFile.form(of: layer(title)) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func namesOnDiskTellLayersApart() throws {
        let layers = [try layer("a"), try layer("b"), try layer("a/c", "y")]
        let chains = try LayerPart.ofArtifact(layers).map(\.chain)
        #expect(Set(chains).count == 3)
        #expect(try LayerPart.ofArtifact(layers).map(\.chain) == chains)
        let other = [try layer("b"), try layer("a")]
        #expect(Set(try LayerPart.ofArtifact(other).map(\.chain)).isDisjoint(with: chains))
        #expect(throws: GantryError.self) {
            try LayerPart.ofArtifact([layer("a"), layer("a", "z")])
        }
    }

    @Test func anArtifactIsPulled() async throws {
        let bench = try PullBench()
        let image = FakeImage(configType: "application/x", layerType: "text/plain")
        let pulled = try await bench.pull(from: image.server())
        #expect(pulled.id == Digest(of: image.manifest).description)
        #expect(pulled.artifactType == "application/x")
        #expect(pulled.document == image.manifest)
        let chain = try #require(pulled.layers.first?.chain)
        let name = "\(bench.layers.path(of: chain))/\(Digest(of: image.layer).hex)"
        #expect(FileManager.default.contents(atPath: name) == Data(image.layer))
        #expect(bench.layers.usage().inodes == 1)
        let again = try ImageDocument(pulled.document)
        #expect(again.artifactType == "application/x")
        #expect(try ImageDocument(FakeImage().config).artifactType == nil)
    }
}
