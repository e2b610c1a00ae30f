import Archive
import Foundation
import ImageProtocol
import ImageTree
import Kernel
import Model
import Testing

@testable import Image

/// Pulls that keep tars and write an index. Mounting is for conformance/tests/images/test_indexed_images.py.
struct IndexedLayersTests {
    private static let indexed = LayerFormats(.erofs)

    private let image = LayeredImage(
        "app", [FakeImage(size: 5000).layer, FakeImage(size: 70_000).layer])

    private func pull(_ image: LayeredImage, _ bench: PullBench) async throws -> PulledImage {
        let server = HTTPServer { [image] in
            image.answer($0.path) ?? HTTPServer.Response(status: 404)
        }
        defer { server.stop() }
        return try await bench.pull("127.0.0.1:\(server.port)/\(image.repository):1")
    }

    private func names(_ chain: String, _ layers: Layers) throws -> [String] {
        try Files.list(layers.home(of: chain)).sorted()
    }

    @Test func aPullKeepsTheTarsAndWritesAnIndex() async throws {
        let bench = try PullBench(Self.indexed)
        let pulled = try await pull(image, bench)
        let chains = pulled.layers.map(\.chain)
        #expect(try names(chains[0], bench.layers) == ["tar", "tar.json"])
        #expect(
            try names(chains[1], bench.layers) == ["index", "index.json", "tar", "tar.json"])
        #expect(bench.layers.format(of: chains) == .erofs)
        #expect(bench.staged == [])
        for (chain, tar) in zip(chains, image.layers) {
            #expect(try Files.read(bench.layers.tar(of: chain)) == tar)
        }
        let index = "\(bench.layers.home(of: chains[1]))/index"
        #expect(try Digest.sha256(ofFile: index).description == pulled.index)
    }

    /// A daemon that starts anew knows what is there; a kernel that mounts none has no use for it.
    @Test func itIsKnownAfterARestart() async throws {
        let bench = try PullBench(Self.indexed)
        let chains = try await pull(image, bench).layers.map(\.chain)
        let again = try Layers(root: bench.root, formats: Self.indexed)
        #expect(again.missing(chains) == nil)
        #expect(again.usage() == bench.layers.usage())
        let other = try Layers(root: bench.root, formats: .trees)
        #expect(other.missing(chains)?.contains("cannot be mounted") == true)
    }

    @Test func treesAreTurnedOverAtTheNextPull() async throws {
        let bench = try PullBench()
        let chains = try await pull(image, bench).layers.map(\.chain)
        let layers = try Layers(root: bench.root, formats: Self.indexed)
        #expect(layers.format(of: chains) == .tree)
        let puller = Puller(layers: layers, registries: Registries(), privileges: .none)
        let server = HTTPServer { [image] in
            image.answer($0.path) ?? HTTPServer.Response(status: 404)
        }
        defer { server.stop() }
        _ = try await puller.pull(Reference.parse("127.0.0.1:\(server.port)/app:1"))
        #expect(layers.format(of: chains) == .erofs)
        let all = ["diff", "index", "index.json", "info.json", "tar", "tar.json"]
        #expect(try names(chains[1], layers) == all)

        // A container may stand on the tree.
        try await layers.removeSecondForms(images: [chains], used: Set(chains))
        #expect(try names(chains[1], layers) == all)
        try await layers.removeSecondForms(images: [chains], used: [])
        #expect(try names(chains[1], layers) == ["index", "index.json", "tar", "tar.json"])
        #expect(try names(chains[0], layers) == ["tar", "tar.json"])
        #expect(layers.format(of: chains) == .erofs)
    }

    @Test func aBadTarIsRefusedAndLeavesNothing() async throws {
        let bench = try PullBench(Self.indexed)
        var bad = image.layers[1]
        bad[0] ^= 0x55
        await #expect(throws: GantryError.self) {
            _ = try await pull(LayeredImage("bad", [image.layers[0], bad]), bench)
        }
        #expect(try Files.list("\(bench.root)/layers") == [])
        #expect(bench.staged == [])
    }

    /// What was pulled in the other format alone is not half of an image.
    @Test func formatsDoNotMix() {
        var known = KnownLayers(Self.indexed)
        known["a"].tar = TarInfo(diffID: "", size: 1)
        known["b"].tree = LayerInfo(diffID: "", bytes: 1, inodes: 1, contents: nil)
        #expect(known.format(of: ["a", "b"]) == nil)
        #expect(known.missing(["a", "b"])?.contains("different formats") == true)
        known["b"].tar = TarInfo(diffID: "", size: 1)
        #expect(known.missing(["a", "b"])?.contains("index") == true)
        known["b"].index = IndexInfo(digest: "", size: 1, files: 1)
        #expect(known.format(of: ["a", "b"]) == .erofs)
        known["a"].tree = known["b"].tree
        #expect(known.format(of: ["a", "b"]) == .erofs)
        #expect(known.format(of: []) == .tree)
        #expect(known.missing(["c"])?.contains("layer c") == true)
    }

    @Test func aFileSystemWithoutVerityIsNoError() throws {
        let bench = try PullBench()
        try Files.makeDirectories(bench.root)
        let file = "\(bench.root)/file"
        try Files.replace(file, with: Array("text".utf8))
        _ = Verity.enable(file)
        #expect(try Files.readText(file) == "text")
        #expect(!Verity.enable("\(bench.root)/none"))
    }
}
