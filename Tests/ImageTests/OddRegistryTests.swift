import Archive
import Foundation
import ImageProtocol
import ImageTree
import Model
import Synchronization
import Testing

@testable import Image
@testable import ImageWorker

/// Images as registries really serve them.
struct OddRegistryTests {
    private let bench: PullBench

    init() throws {
        bench = try PullBench()
    }

    private static let docker = "application/vnd.docker.distribution.manifest.v2+json"

    /// Serves documents by their digests, and the first one as the tag.
    private func server(_ documents: [[UInt8]], type: String = "") -> HTTPServer {
        HTTPServer { request in
            let found = documents.first { request.path.hasSuffix("\(Digest(of: $0))") }
            let isTag = request.path.hasSuffix("/manifests/1")
            guard let body = isTag ? documents.first : found else { return .init(status: 404) }
            return .init(headers: ["Content-Type": isTag ? type : ""], body: body)
        }
    }

    private func config(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func manifest(
        _ config: [UInt8], type: String = "", configType: String? = nil, layers: String? = nil
    ) -> [UInt8] {
        let mediaType = type.isEmpty ? "" : "\"mediaType\": \"\(type)\", "
        let kind = (configType ?? "application/vnd.oci.image.config.v1+json")
        let configKind = kind == "absent" ? "" : "\"mediaType\": \"\(kind)\", "
        let rest = layers.map { ", \"layers\": \($0)" } ?? ""
        return Array(
            """
            {"schemaVersion": 2, \(mediaType)"config": {\(configKind)"digest": "\(Digest(of: config))", \
            "size": \(config.count)}\(rest)}
            """.utf8)
    }

    private func index(_ entries: [(document: [UInt8], rest: String)]) -> [UInt8] {
        let list = entries.map {
            "{\"digest\": \"\(Digest(of: $0.document))\", \"size\": \($0.document.count)\($0.rest)}"
        }
        return Array(
            "{\"schemaVersion\": 2, \"manifests\": [\(list.joined(separator: ", "))]}".utf8)
    }

    @Test(arguments: [
        "application/octet-stream", "text/html", "text/html; charset=utf-8", "application/json", "",
        "absent",
    ])
    func dockersConfigurationsOfAnyType(_ type: String) async throws {
        let config = config(#"{"rootfs": {"diff_ids": []}}"#)
        let image = manifest(config, type: Self.docker, configType: type, layers: "[]")
        let pulled = try await bench.pull(from: server([image, config]))
        #expect(pulled.artifactType == nil)
        #expect(pulled.id == "\(Digest(of: config))")
        // The registry says what the document does not.
        let untyped = manifest(config, configType: type, layers: "[]")
        #expect(
            try await bench.pull(from: server([untyped, config], type: Self.docker)).artifactType
                == nil)
    }

    @Test func anOCIManifestWithSuchAConfigurationIsAnArtifact() async throws {
        let config = config("{}")
        let image = manifest(config, configType: "application/json", layers: "[]")
        #expect(
            try await bench.pull(from: server([image, config])).artifactType == "application/json")
    }

    @Test(arguments: [nil, "null", "[]"])
    func nothingIsAnEmptyImage(_ layers: String?) async throws {
        for text in [
            "{}", #"{"rootfs": null}"#, #"{"rootfs": {}}"#, #"{"rootfs": {"diff_ids": null}}"#,
            #"{"rootfs": {"diff_ids": []}, "config": null}"#,
            #"{"config": {"Env": null, "Labels": {"a": null}, "Volumes": {"/v": null}, "Cmd": "sh"}}"#,
        ] {
            let config = config(text)
            let image = manifest(config, layers: layers)
            #expect(try await bench.pull(from: server([image, config])).layers.isEmpty)
        }
    }

    private var machine: String { Platform.current.architecture }
    private var foreign: [UInt8] { config(#"{"os": "linux", "architecture": "s390x"}"#) }
    private var fitting: [UInt8] { config("{\"os\": \"linux\", \"architecture\": \"\(machine)\"}") }

    @Test func theConfigurationSaysWhatAnIndexDoesNot() async throws {
        let (other, own) = (manifest(foreign), manifest(fitting))
        let top = index([(other, ""), (own, "")])
        let pulled = try await bench.pull(from: server([top, other, own, foreign, fitting]))
        #expect(pulled.id == "\(Digest(of: fitting))")
        #expect(pulled.digest == "\(Digest(of: top))")
        #expect(pulled.manifestDigest == "\(Digest(of: own))")
    }

    @Test func halfAPlatformSpoilsNoIndex() async throws {
        let (other, own) = (manifest(foreign), manifest(fitting))
        for half in [
            #", "platform": {"os": "linux"}"#, #", "platform": {"architecture": 7}"#,
            #", "platform": null"#, #", "platform": "linux/s390x""#, #", "platform": {}"#,
        ] {
            let known = ", \"platform\": {\"os\": \"linux\", \"architecture\": \"\(machine)\"}"
            for rest in [half, known] {
                let top = index([(other, half), (own, rest)])
                let pulled = try await bench.pull(
                    from: server([top, other, own, foreign, fitting]))
                #expect(pulled.id == "\(Digest(of: fitting))")
            }
        }
    }

    @Test func attestationsAndNestedIndexes() async throws {
        let (other, own) = (manifest(foreign), manifest(fitting))
        let inner = index([(other, ""), (own, "")])
        let top = index([
            (other, #", "platform": {"os": "unknown", "architecture": "unknown"}"#),
            (other, #", "annotations": {"vnd.docker.reference.type": "attestation-manifest"}"#),
            (inner, ""),
        ])
        let pulled = try await bench.pull(from: server([top, inner, other, own, foreign, fitting]))
        #expect(pulled.id == "\(Digest(of: fitting))")
        let none = index([(other, ""), (other, "")])
        let error = await #expect(throws: GantryError.self) {
            _ = try await bench.pull(from: server([none, other, foreign]))
        }
        #expect(error?.code == .notFound)
    }

    @Test(arguments: ["18446744073709551615", "-1", "1.5", "18446744073709551616", "\"1\"", "1e30"])
    func sizesThatNoLayerHas(_ size: String) async {
        let config = config("{}")
        let layer =
            "{\"mediaType\": \"application/vnd.oci.image.layer.v1.tar\", "
            + "\"digest\": \"\(Digest(of: [1]))\", \"size\": \(size)}"
        let image = manifest(config, layers: "[\(layer), \(layer)]")
        let two = self.config(
            "{\"rootfs\": {\"diff_ids\": [\"\(Digest(of: [1]))\", \"\(Digest(of: [2]))\"]}}")
        for config in [config, two] {
            let image = config == two ? manifest(two, layers: "[\(layer), \(layer)]") : image
            let error = await #expect(throws: GantryError.self) {
                _ = try await bench.pull(from: server([image, config]))
            }
            #expect([.dataLoss, .resourceExhausted].contains(error?.code))
        }
    }

    /// All of it would be kept for as long as the image is there, and no program starts with so much.
    @Test(arguments: ["Env", "Cmd", "Entrypoint"])
    func moreWordsThanAnyProgramTakes(_ key: String) async {
        let words = [String](repeating: "\"\"", count: 70_000).joined(separator: ",")
        let config = config(
            "{\"config\": {\"\(key)\": [\(words)]}, \"rootfs\": {\"diff_ids\": []}}")
        let error = await #expect(throws: GantryError.self) {
            try await bench.pull(from: server([manifest(config, layers: "[]"), config]))
        }
        #expect(error?.code == .resourceExhausted)
    }

    @Test func moreLayersThanCanBeMounted() async {
        let one = "\"\(Digest(of: [1]))\""
        let layer =
            "{\"mediaType\": \"application/vnd.oci.image.layer.v1.tar\", \"digest\": \(one), \"size\": 1}"
        let many = { (one: String) in
            "[\([String](repeating: one, count: 501).joined(separator: ","))]"
        }
        let config = config("{\"rootfs\": {\"diff_ids\": \(many(one))}}")
        let image = manifest(config, layers: many(layer))
        let error = await #expect(throws: GantryError.self) {
            _ = try await bench.pull(from: server([image, config]))
        }
        #expect(error?.code == .unimplemented)
        #expect(error?.message.contains("501 layers, 500 are the most") == true)
    }

    /// What a registry does with the request for the rest of a layer whose connection broke.
    @Test(arguments: ["416", "400", "403", "total", "other"])
    func aLayerBeginsAnewWhereItsRestIsNotGiven(_ answer: String) async throws {
        let image = FakeImage(size: 3_000_000)
        let once = Once()
        let server = image.server { request in
            guard request.path.hasSuffix(image.layerDigest) else { return nil }
            if let range = request.headers["range"] {
                let start = Int(range.dropFirst("bytes=".count).dropLast()) ?? 0
                let total = answer == "total" ? 9_999_999 : image.layer.count
                let first = answer == "other" ? start + 1 : start
                return Int(answer).map { .init(status: $0) }
                    ?? .init(
                        status: 206,
                        headers: [
                            "Content-Range": "bytes \(first)-\(image.layer.count - 1)/\(total)"
                        ],
                        body: Array(image.layer[first...]))
            }
            return once.take() ? .init(body: image.layer, fault: .cut(700_000)) : nil
        }
        let pulled = try await bench.pull(from: server)
        #expect(bench.content(of: pulled)?.count == 3_000_000)
        let asked = server.requests(for: "/v2/app/blobs/\(image.layerDigest)")
        #expect(asked.map { $0.headers["range"] != nil } == [false, true, false])
    }

    @Test func aRegistryThatGetsNowhereIsLeft() async {
        let image = FakeImage(size: 300_000)
        let server = image.server { request in
            request.path.hasSuffix(image.layerDigest)
                ? .init(body: image.layer, fault: .drip(milliseconds: 20)) : nil
        }
        let patience = HTTPPatience(slowestBytes: 1, window: 1, leastBytes: 100_000)
        let error = await #expect(throws: GantryError.self) {
            _ = try await bench.pull(from: server, patience: patience)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.description.contains("fewer than 100000") == true)
        #expect(server.requests(for: "/v2/app/blobs/\(image.layerDigest)").count == 1)
    }

    /// Four pulls of four layers would have all sixteen places of the node.
    @Test func oneRegistryDoesNotHaveAllPlaces() async throws {
        let images = (0..<4).map { number in
            LayeredImage("slow\(number)", (1...4).map { FakeImage(size: number * 10 + $0).layer })
        }
        let waiting = Mutex(0)
        let slow = HTTPServer { request in
            for image in images {
                guard let answer = image.answer(request.path) else { continue }
                guard (0..<4).contains(where: { request.path == image.path($0) }) else {
                    return answer
                }
                waiting.withLock { $0 += 1 }
                var stalled = answer
                stalled.fault = .stall(10)
                return stalled
            }
            return .init(status: 404)
        }
        let puller = Puller(layers: bench.layers, registries: Registries(), privileges: .none)
        let good = FakeImage(size: 1000).server()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for image in images {
                let name = try Reference.parse("127.0.0.1:\(slow.port)/\(image.repository):1")
                group.addTask { _ = try? await puller.pull(name) }
            }
            while waiting.withLock({ $0 }) < 8 { try await Task.sleep(for: .milliseconds(1)) }
            _ = try await puller.pull(Reference.parse("127.0.0.1:\(good.port)/app:1"))
            #expect(waiting.withLock { $0 } == 8)
            group.cancelAll()
        }
        slow.stop()
        good.stop()
    }
}
