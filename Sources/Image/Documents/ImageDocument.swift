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
        if case .artifact(let type, _) = try? Manifest(bytes, type: "") {
            config = ImageConfig()
            artifactType = type
        } else {
            config = try ConfigDocument(bytes).config
            artifactType = nil
        }
    }
}
