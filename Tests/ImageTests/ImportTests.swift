import Archive
import Foundation
import ImageTree
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

struct ImportTests {
    private let bench: PullBench
    private let image = FakeImage(size: 1_000_000)
    private static let version = Array(#"{"imageLayoutVersion": "1.0.0"}"#.utf8)

    init() throws {
        bench = try PullBench()
    }

    private var puller: Puller {
        Puller(layers: bench.layers, registries: Registries(), privileges: .none)
    }

    /// Writes files by name, and imports the directory.
    private func load<Result: Sendable>(
        _ files: [String: [UInt8]], named name: String? = nil,
        _ body: @Sendable (Puller, [ImageInArchive]) async throws -> Result
    ) async throws -> Result {
        let directory = "\(bench.root)/archive-\(UUID().uuidString)"
        for (name, content) in files {
            let url = URL(fileURLWithPath: "\(directory)/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content).write(to: url)
        }
        let puller = puller
        return try await puller.withImages(inArchive: directory, named: name) {
            try await body(puller, $0)
        }
    }

    private func layout(_ entries: String) -> [String: [UInt8]] {
        var files = [
            "oci-layout": Self.version, "index.json": Array(#"{"manifests": [\#(entries)]}"#.utf8),
        ]
        for blob in [image.manifest, image.config, image.layer] {
            files["blobs/sha256/\(Digest(of: blob).hex)"] = blob
        }
        return files
    }

    private func entry(_ annotations: String) -> String {
        """
        {"digest": "\(Digest(of: image.manifest))", "size": \(image.manifest.count),
         "annotations": {\(annotations)}}
        """
    }

    @Test func aLayoutArrivesWhole() async throws {
        let entry = entry(#""org.opencontainers.image.ref.name": "quay.io/a/b:1""#)
        let pulled = try await load(layout(entry)) { puller, images in
            let archived = try #require(images.first)
            #expect(archived.references.map(\.description) == ["quay.io/a/b:1"])
            return try await puller.pull(archived)
        }
        #expect(pulled.id == image.configDigest)
        #expect(pulled.digest == Digest(of: image.manifest).description)
        #expect(bench.content(of: pulled)?.count == 1_000_000)
        #expect(bench.staged.isEmpty)
    }

    @Test func aDockerArchiveHasNoDigest() async throws {
        let manifest = Array(
            #"[{"Config": "config", "RepoTags": ["b:1", "a"], "Layers": ["x/layer.tar"]}]"#.utf8)
        let files = [
            "manifest.json": manifest, "config": image.config, "x/layer.tar": image.layer,
        ]
        let pulled = try await load(files) { puller, archived in
            let names = archived.first?.references.map(\.description)
            #expect(names == ["docker.io/library/b:1", "docker.io/library/a:latest"])
            return try await puller.pull(try #require(archived.first))
        }
        #expect(pulled.id == image.configDigest)
        #expect(pulled.digest == nil)
        #expect(pulled.layers.map(\.digest) == [image.layerDigest])
    }

    @Test func theNamesOfAnImageAreOneList() async throws {
        let first = entry(#""org.opencontainers.image.ref.name": "quay.io/a/b:1""#)
        let second = entry(
            #""org.opencontainers.image.ref.name": "2", "io.containerd.image.name": "a/b:2""#)
        let names = try await load(layout("\(first), \(second), \(entry(""))")) { _, images in
            images.map { $0.references.map(\.description) }
        }
        #expect(names == [["quay.io/a/b:1", "docker.io/a/b:2"]])
    }

    @Test(arguments: [
        (["1"], "quay.io/a", ["quay.io/a:1"]), (["1"], "quay.io/a:2", ["quay.io/a:2"]),
        (["x/y:1"], "quay.io/a", ["quay.io/a:latest"]), (["x/y:1"], nil, ["docker.io/x/y:1"]),
        ([], "a", ["docker.io/library/a:latest"]),
        (["1", "x/y:1"], nil, ["docker.io/x/y:1"]),
    ])
    func names(_ own: [String], _ given: String?, _ wanted: [String]) throws {
        #expect(try naming(given, [own]).first == wanted)
    }

    @Test(arguments: [
        ([[]], nil, "an image has no name: one must be given"),
        ([["1"]], nil, "no name but the tag 1"),
        ([["a/b:1"], ["a/c:1"]], "d:1", "has several images"),
        ([["a/b:1"]], "d@sha256:" + String(repeating: "0", count: 64), "has no digest"),
        ([["a/b:1"]], "D", "must be lower case"),
    ])
    func namesThatDoNotFit(_ own: [[String]], _ given: String?, _ words: String) {
        let error = #expect(throws: GantryError.self) { try naming(given, own) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    private func naming(_ given: String?, _ own: [[String]]) throws -> [[String]] {
        let images = try own.map { names in
            ArchivedImage(
                names: try names.map(ArchivedName.init), content: ArchiveContent { _ in nil },
                documents: .layout([]))
        }
        return try ArchiveNaming(given: given).name(images).map {
            $0.references.map(\.description)
        }
    }

    @Test func cancellingEndsAnImport() async throws {
        let entry = entry(#""org.opencontainers.image.ref.name": "quay.io/a/b:1""#)
        let (reached, gate) = (Once(), DispatchSemaphore(value: 0))
        await #expect(throws: CancellationError.self) {
            try await load(layout(entry)) { puller, images in
                let archived = try #require(images.first)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        _ = try await puller.pull(archived) { _ in
                            // Only the first piece of the layer is held up.
                            if reached.take() { gate.wait() }
                        }
                    }
                    while !reached.isTaken { try await Task.sleep(for: .milliseconds(1)) }
                    group.cancelAll()
                    gate.signal()
                    try await group.waitForAll()
                }
            }
        }
        #expect(bench.staged.isEmpty)
        #expect(bench.layers.usage().inodes == 0)
    }

    @Test func aNamelessFileIsNotInTheDirectory() throws {
        let file = try FilePart(whole: bench.layers.namelessFile(), "it")
        #expect(bench.staged.isEmpty)
        #expect(file.size == 0)
    }
}
