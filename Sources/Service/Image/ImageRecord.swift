internal import CRI
internal import Image
internal import ImageProtocol
internal import Model
internal import OCI
internal import Store
internal import Text

/// An image as Gantry knows it.
struct ImageRecord: Sendable {
    /// As clients see it. Its `id` is the digest of `document`.
    var message: Model.Image
    /// What the image says of how it wants to be run.
    var config: ImageConfig
    /// The image configuration or the artifact's manifest, as the registry gave it.
    var document: [UInt8]
    /// Nil for a container image.
    var artifactType: String?
    var layers: [ImageRow.Layer]
    /// The digest of the index that it is mounted by; empty where its layers are unpacked.
    var index: String

    var id: String { message.id }

    /// Whether `name` (normalised) is one of its tags or digests.
    func isNamed(_ name: String) -> Bool {
        message.repoTags.contains(name) || message.repoDigests.contains(name)
    }

    /// - Throws: `invalidArgument` for an artifact.
    func requireRunnable() throws(GantryError) {
        guard let artifactType else { return }
        throw GantryError(
            .invalidArgument,
            "image: \(id) is an artifact (\(artifactType)) and no container image: "
                + "it can be mounted as a volume, and not be run")
    }

    func row() throws -> ImageRow {
        ImageRow(
            id: id, message: try message.encoded(), config: document, layers: layers, index: index)
    }
}

extension ImageRecord {
    init(_ row: ImageRow) throws {
        let document = try ImageDocument(row.config)
        self.init(
            message: try Model.Image.decode(row.message).run(as: document.config.user),
            config: document.config, document: row.config, artifactType: document.artifactType,
            layers: row.layers, index: row.index)
    }

    /// What came of a pull, before it has names.
    init(_ pulled: PulledImage) {
        self.init(
            message: Model.Image(id: pulled.id, size: pulled.size).run(as: pulled.config.user),
            config: pulled.config, document: pulled.document, artifactType: pulled.artifactType,
            layers: pulled.layers.map {
                ImageRow.Layer(chain: $0.chain, bytes: $0.bytes, inodes: $0.inodes)
            }, index: pulled.index)
    }
}

extension Model.Image {
    /// The same with what an image's `USER` says of whom it runs as (api.proto, `Image`: "UID that will
    /// run the command(s)", or "user name" where that is no number).
    fileprivate func run(as user: String) -> Model.Image {
        var image = self
        (image.uid, image.username) = (nil, "")
        switch AccountName.ofImage(user) {
        case .id(let uid): image.uid = Int64Value(value: Int64(uid))
        case .name(let name): image.username = name
        }
        return image
    }
}
