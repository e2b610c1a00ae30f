internal import FoundationEssentials
internal import Kernel
public import Model

/// The image configuration (image-spec, config.md) as far as a runtime needs it.
public struct ConfigDocument: Sendable {
    /// The layers' DiffIDs, the lowest first.
    public let diffIDs: [Digest]
    public let config: ImageConfig
    /// What it runs on, in Go's words; empty where that is not said.
    public let architecture: String
    public let os: String
    public let variant: String?

    /// - Throws: `GantryError` (`dataLoss`) when it cannot be read.
    public init(_ bytes: [UInt8]) throws {
        do {
            let document = try JSONDecoder().decode(Document.self, from: Data(bytes))
            diffIDs = try (document.rootfs?.diff_ids ?? []).map { try Digest(parsing: $0) }
            architecture = document.architecture ?? ""
            os = document.os ?? ""
            variant = document.variant
            config = document.config?.imageConfig ?? ImageConfig()
        } catch {
            throw GantryError(.dataLoss, "the image configuration cannot be read", cause: error)
        }
        let words = [config.environment, config.entrypoint, config.command, config.volumes]
        guard words.reduce(0, { $0.plus($1.count) }) <= Self.mostWords else {
            throw GantryError(
                .resourceExhausted,
                "the image configuration has more than \(Self.mostWords) variables, words and volumes"
            )
        }
    }

    /// Of a configuration all this is kept for as long as the image is there; no program starts with more
    /// (execve(2), "Limits on size of arguments and environment").
    private static let mostWords = 1 << 16

    /// As Go reads it: `null` is nothing, in lists and tables too.
    private struct Document: Decodable {
        struct RootFS: Decodable {
            var diff_ids: [String]?
        }
        var architecture: String?
        var os: String?
        var variant: String?
        var rootfs: RootFS?
        var config: Config?
    }

    private struct Config: Decodable {
        var User: String?
        var Env: [String?]?
        var Entrypoint: Words?
        var Cmd: Words?
        var WorkingDir: String?
        var Volumes: [String: JSONValue?]?
        var StopSignal: String?

        var imageConfig: ImageConfig {
            ImageConfig(
                user: User ?? "", environment: (Env ?? []).compactMap { $0 },
                entrypoint: Entrypoint?.words ?? [], command: Cmd?.words ?? [],
                workingDirectory: WorkingDir ?? "", volumes: (Volumes ?? [:]).keys.sorted(),
                stopSignal: StopSignal ?? "")
        }
    }

    /// A list, or one word by itself, as docker once wrote it.
    private struct Words: Decodable {
        let words: [String]

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let word = try? value.decode(String.self) {
                words = [word]
            } else {
                words = try value.decode([String?].self).map { $0 ?? "" }
            }
        }
    }
}
