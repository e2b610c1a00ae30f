internal import FoundationEssentials
public import Model

/// The image configuration (image-spec, config.md) as far as a runtime needs it.
public struct ConfigDocument: Sendable {
    /// The layers' DiffIDs, the lowest first.
    public let diffIDs: [Digest]
    public let config: ImageConfig

    /// - Throws: `GantryError` (`dataLoss`) when it cannot be read.
    public init(_ bytes: [UInt8]) throws {
        do {
            let document = try JSONDecoder().decode(Document.self, from: Data(bytes))
            diffIDs = try document.rootfs.diff_ids.map { try Digest(parsing: $0) }
            config = document.config?.imageConfig ?? ImageConfig()
        } catch {
            throw GantryError(.dataLoss, "the image configuration cannot be read", cause: error)
        }
    }

    private struct Document: Decodable {
        struct RootFS: Decodable {
            var diff_ids: [String]
        }
        var rootfs: RootFS
        var config: Config?
    }

    private struct Config: Decodable {
        struct Nothing: Decodable {}
        var User: String?
        var Env: [String]?
        var Entrypoint: [String]?
        var Cmd: [String]?
        var WorkingDir: String?
        var Volumes: [String: Nothing]?
        var StopSignal: String?
        var Labels: [String: String]?

        var imageConfig: ImageConfig {
            ImageConfig(
                user: User ?? "", environment: Env ?? [], entrypoint: Entrypoint ?? [],
                command: Cmd ?? [], workingDirectory: WorkingDir ?? "",
                volumes: (Volumes ?? [:]).keys.sorted(), stopSignal: StopSignal ?? "",
                labels: Labels ?? [:])
        }
    }
}
