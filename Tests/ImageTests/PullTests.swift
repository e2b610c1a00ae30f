import Archive
import Foundation
import ImageTree
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

struct PullTests {
    private let bench: PullBench

    init() throws {
        bench = try PullBench()
    }

    private func expectError(
        _ code: GantryError.Code, _ words: String, _ server: HTTPServer,
        patience: HTTPPatience = HTTPPatience()
    ) async {
        let error = await #expect(throws: GantryError.self) {
            _ = try await bench.pull(from: server, patience: patience)
        }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(bench.staged.isEmpty)
    }

    @Test func anImageArrivesWhole() async throws {
        let image = FakeImage(size: 3_000_000)
        let pulled = try await bench.pull(from: image.server())
        #expect(pulled.id == image.configDigest)
        #expect(pulled.digest == Digest(of: image.manifest).description)
        #expect(pulled.manifestDigest == pulled.digest)
        #expect(pulled.document == image.config)
        #expect(pulled.config.user == "1000")
        #expect(pulled.config.command == ["sh"])
        #expect(pulled.config.volumes == ["/data"])
        #expect(pulled.config.stopSignal == "SIGINT")
        #expect(pulled.layers.map(\.diffID) == [Digest(of: image.layer).description])
        #expect(bench.content(of: pulled)?.count == 3_000_000)
        #expect(bench.layers.usage().inodes == 1)
        #expect(bench.staged.isEmpty)
    }

    @Test func whatIsOnDiskIsNotFetched() async throws {
        let image = FakeImage()
        _ = try await bench.pull(from: image.server())
        let second = image.server()
        _ = try await bench.pull(from: second)
        #expect(second.requests(for: "/v2/app/blobs/\(image.layerDigest)").isEmpty)
        let again = try Layers(root: bench.root)
        #expect(again.usage() == bench.layers.usage())
    }

    @Test func anIndexIsResolvedToThisMachine() async throws {
        let image = FakeImage()
        let wanted = try #require(Platform.current.description.split(separator: "/").last)
        let child =
            "\"digest\": \"\(Digest(of: image.manifest))\", \"size\": \(image.manifest.count)"
        let wrong = "\"digest\": \"\(Digest(of: [1]))\", \"size\": 1"
        let index = Array(
            """
            {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
             {\(wrong), "platform": {"os": "unknown", "architecture": "unknown"}},
             {\(wrong), "platform": {"os": "windows", "architecture": "\(wanted)"}},
             {\(wrong), "platform": {"os": "linux", "architecture": "s390x"}},
             {\(child), "platform": {"os": "linux", "architecture": "\(wanted)"}}]}
            """.utf8)
        let pulled = try await bench.pull(
            from: image.server { request in
                request.path == "/v2/app/manifests/1" ? .init(body: index) : nil
            })
        #expect(pulled.digest == Digest(of: index).description)
        #expect(pulled.manifestDigest == Digest(of: image.manifest).description)
    }

    @Test func aBrokenConnectionIsTakenUpWhereItBroke() async throws {
        let image = FakeImage(size: 2_000_000)
        let server = image.server { request in
            guard request.path.hasSuffix(image.layerDigest) else { return nil }
            guard let range = request.headers["range"] else {
                return .init(body: image.layer, fault: .cut(700_000))
            }
            let start = Int(range.dropFirst("bytes=".count).dropLast()) ?? 0
            let sent = "bytes \(start)-\(image.layer.count - 1)/\(image.layer.count)"
            return .init(
                status: 206, headers: ["Content-Range": sent], body: Array(image.layer[start...]))
        }
        let pulled = try await bench.pull(from: server)
        #expect(bench.content(of: pulled)?.count == 2_000_000)
        #expect(server.requests(for: "/v2/app/blobs/\(image.layerDigest)").count == 2)
    }

    @Test func aServerThatKnowsNoRangesSendsAllAgain() async throws {
        let image = FakeImage(size: 2_000_000)
        let server = image.server { request in
            guard request.path.hasSuffix(image.layerDigest) else { return nil }
            let isFirst = request.headers["range"] == nil
            return .init(body: image.layer, fault: isFirst ? .cut(700_000) : nil)
        }
        #expect(bench.content(of: try await bench.pull(from: server))?.count == 2_000_000)
    }

    @Test func aBusyServerIsAskedAgain() async throws {
        let image = FakeImage()
        let first = Once()
        let server = image.server { request in
            guard request.path.contains("manifests"), first.take() else { return nil }
            return .init(status: 503, headers: ["Retry-After": "0"])
        }
        _ = try await bench.pull(from: server)
        #expect(server.requests(for: "/v2/app/manifests").count == 2)
    }

    @Test func whatIsNotThereIsNotFound() async {
        let body = Array(#"{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "no"}]}"#.utf8)
        await expectError(
            .notFound, "MANIFEST_UNKNOWN: no", HTTPServer { _ in .init(status: 404, body: body) })
    }

    @Test func nobodyListeningIsUnavailable() async {
        let server = HTTPServer { _ in .init() }
        server.stop()
        await expectError(.unavailable, "RegistryUnavailable: pull 127.0.0.1", server)
    }

    @Test func aStalledTransferEnds() async {
        let image = FakeImage(size: 500_000)
        let server = image.server { request in
            request.path.contains("manifests")
                ? .init(body: image.manifest, fault: .stall(10)) : nil
        }
        await expectError(
            .unavailable, "too slow", server, patience: HTTPPatience(stall: 1, slowestBytes: 100))
    }

    @Test func cancellingEndsAStalledPull() async throws {
        let image = FakeImage(size: 500_000)
        let reached = Once()
        let server = image.server { request in
            guard request.path.hasSuffix(image.layerDigest) else { return nil }
            _ = reached.take()
            return .init(body: image.layer, fault: .stall(1000))
        }
        let bench = self.bench
        let name = "127.0.0.1:\(server.port)/app:1"
        defer { server.stop() }
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let puller = Puller(
                    layers: bench.layers, registries: Registries(), privileges: .none)
                group.addTask { _ = try await puller.pull(named: name) }
                while !reached.isTaken { try await Task.sleep(for: .milliseconds(1)) }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(bench.staged.isEmpty)
    }

    @Test func layersAreHeldUntilTheImageIsForgotten() async throws {
        var image: PulledImage? = try await bench.pull(from: FakeImage().server())
        let chain = try #require(image?.layers.first?.chain)
        #expect(try await bench.layers.remove(chain) == false)
        #expect(bench.layers.contains(chain))
        image = nil
        #expect(try await bench.layers.remove(chain))
        #expect(!bench.layers.contains(chain))
        #expect(bench.staged.isEmpty)
    }

    @Test func sweepingKeepsWhatIsNamed() async throws {
        let image = try await bench.pull(from: FakeImage().server())
        _ = try await bench.pull(from: FakeImage(size: 7).server())
        let kept = try #require(image.layers.first?.chain)
        _ = FileManager.default.createFile(atPath: "\(bench.root)/staging/garbage", contents: nil)
        try await bench.layers.sweep(keeping: [kept])
        #expect(bench.layers.contains(kept))
        #expect(bench.layers.usage().inodes == 1)
        #expect(bench.staged.isEmpty)
    }
}
