import Archive
import Foundation
import ImageTree
import System
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

/// A puller without privileges over a directory of its own.
final class PullBench: Sendable {
    let root: String
    let layers: Layers

    /// - Parameter formats: nothing is mounted, so any will do.
    init(_ formats: LayerFormats = .trees) throws {
        root = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        layers = try Layers(root: root, formats: formats)
    }

    deinit {
        _ = try? FileManager.default.removeItem(atPath: root)
    }

    func pull(
        _ name: String, _ credentials: Credentials = .none, patience: HTTPPatience = HTTPPatience(),
        registries: Registries = Registries()
    ) async throws -> PulledImage {
        let puller = Puller(
            layers: layers, registries: registries, patience: patience, privileges: .none)
        return try await puller.pull(Reference.parse(name), credentials: credentials)
    }

    func pull(
        from server: HTTPServer, _ credentials: Credentials = .none,
        patience: HTTPPatience = HTTPPatience()
    ) async throws -> PulledImage {
        defer { server.stop() }
        return try await pull("127.0.0.1:\(server.port)/app:1", credentials, patience: patience)
    }

    /// What pulls under way, or killed ones, have in staging.
    var staged: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/staging")) ?? []
    }

    func content(of image: PulledImage) -> Data? {
        image.layers.first.flatMap {
            FileManager.default.contents(atPath: "\(layers.path(of: $0.chain))/file")
        }
    }
}

extension Puller {
    /// One whose images are handled by this process, behind the same messages.
    convenience init(
        layers: Layers, registries: Registries, longLayers: LongLayers = LongLayers(),
        patience: HTTPPatience = HTTPPatience(), privileges: Privileges,
        idleTime: Duration = .milliseconds(1)
    ) {
        self.init(
            layers: layers, registries: registries,
            workers: ImageWorkers(idleTime: idleTime) { _ in try .here(privileges) },
            settings: FetchSettings(longLayers: longLayers, patience: patience))
    }
}

extension ImageWorkers {
    static func here(_ privileges: Privileges = .none) -> ImageWorkers {
        ImageWorkers(idleTime: .milliseconds(1)) { _ in try .here(privileges) }
    }
}

extension ImageWorker {
    /// A thread of this process for a process of its own; killing it ends the connection.
    static func here(_ privileges: Privileges = .none) throws -> ImageWorker {
        let (ours, theirs) = try FrameSocket.pair()
        let socket = FrameSocket(theirs)
        let worker = ImageWorker(FrameSocket(ours)) { socket.shutDown() }
        Task { try await ImageServer(socket, privileges).run() }
        try System.Thread.start(name: "worker") { worker.close(worker.listen() ?? "was ended") }
        return worker
    }
}
