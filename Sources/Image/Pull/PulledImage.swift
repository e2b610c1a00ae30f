public import ImageProtocol
public import Model

/// An image whose layers are on this machine's disk.
public struct PulledImage: Sendable {
    /// One layer, as it stands under `Layers`.
    public struct Layer: Sendable, Hashable {
        /// `sha256:…` over this layer's DiffID and all below it (image-spec, config.md#layer-chainid);
        /// the name of its directory.
        public let chain: String
        /// `sha256:…` of the plain tar.
        public let diffID: String
        /// The digest of what the registry holds, and its size in bytes.
        public let digest: String
        public let compressedSize: UInt64
        /// What its files take on disk, in bytes.
        public let bytes: UInt64
        public let inodes: UInt64
    }

    /// `sha256:…` of the configuration, or of an artifact's manifest: the image ID of the CRI.
    public let id: String
    /// The name that it was pulled by; the first of several.
    public let reference: Reference
    /// What the name stands for at the registry, an index or a manifest: a RepoDigest has it. Nil for
    /// an image out of an archive that has no manifests.
    public let digest: String?
    /// The manifest of this platform; equal to `digest` when there is no index.
    public let manifestDigest: String?
    /// The type of the manifest.
    public let mediaType: String
    /// What the ID is the digest of, as the registry gave it; see `ImageDocument`.
    public let document: [UInt8]
    /// Nil for a container image.
    public let artifactType: String?
    public let config: ImageConfig
    /// The lowest first.
    public let layers: [Layer]
    /// The digest of its index; empty where its layers are unpacked.
    public var index = ""
    /// What the image takes on disk, layers that it shares included, in bytes.
    public let size: UInt64
    /// Keeps the layers from being removed until the image is stored; see `Layers.remove`.
    public let hold: LayerHold
    /// What signatures say of it, in the form that `SignaturePolicy.check` takes.
    public var verified: Set<String> = []
}
