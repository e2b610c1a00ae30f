import Archive
import Foundation
import Image
import Testing

/// A puller without privileges over a directory of its own.
final class PullBench: Sendable {
    let root: String
    let layers: Layers

    init() throws {
        root = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        layers = try Layers(root: root)
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
