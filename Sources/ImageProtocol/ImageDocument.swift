internal import FoundationEssentials
public import Model

/// What an image's ID is the digest of: its configuration, or the manifest of an artifact, which has
/// no configuration that would tell it from others.
public struct ImageDocument: Sendable {
    public let config: ImageConfig
    /// Nil for a container image.
    public let artifactType: String?

    /// - Throws: `GantryError` (`dataLoss`) when it cannot be read.
    public init(_ bytes: [UInt8]) throws {
        // A configuration has no `config` with a digest, and anything may be left out of one.
        if let type = ArtifactManifest.type(bytes) {
            config = ImageConfig()
            artifactType = type
        } else {
            config = try ConfigDocument(bytes).config
            artifactType = nil
        }
    }
}

/// A manifest whose configuration is none of a container image, as far as it says what it is of
/// (image-spec, manifest.md, "Guidelines for Artifact Usage").
private struct ArtifactManifest: Decodable {
    struct Content: Decodable {
        var mediaType: String?
        var digest: String
        var size: UInt64
    }
    var artifactType: String?
    var config: Content
    var layers: [Content]?

    static func type(_ bytes: [UInt8]) -> String? {
        guard let manifest = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
            (try? Digest(parsing: manifest.config.digest)) != nil
        else { return nil }
        let types = [manifest.artifactType, manifest.config.mediaType].compactMap { $0 }
        return types.first { !$0.isEmpty }
    }
}
