internal import CRI
internal import Image
internal import Model
internal import Store

/// An image as Gantry knows it.
struct ImageRecord: Sendable {
    /// As clients see it. Its `id` is the digest of the image configuration.
    var message: Model.Image
    /// What the image says of how it wants to be run.
    var config: ImageConfig
    /// The image configuration as the registry gave it.
    var configJSON: [UInt8]
    var layers: [ImageRow.Layer]

    var id: String { message.id }

    /// Whether `name` (normalised) is one of its tags or digests.
    func isNamed(_ name: String) -> Bool {
        message.repoTags.contains(name) || message.repoDigests.contains(name)
    }

    func row() throws -> ImageRow {
        ImageRow(id: id, message: try message.encoded(), config: configJSON, layers: layers)
    }
}

extension ImageRecord {
    init(_ row: ImageRow) throws {
        self.init(
            message: try Model.Image.decode(row.message),
            config: try ImageConfig(imageJSON: row.config), configJSON: row.config,
            layers: row.layers)
    }

    /// What came of a pull, before it has names.
    init(_ pulled: PulledImage) {
        let user = pulled.config.user.split(separator: ":").first.map(String.init) ?? ""
        let uid = Int64(user)
        self.init(
            message: Model.Image(
                id: pulled.id, size: pulled.size, uid: uid.map { Int64Value(value: $0) },
                username: uid == nil ? user : ""),
            config: pulled.config, configJSON: pulled.configJSON,
            layers: pulled.layers.map {
                ImageRow.Layer(chain: $0.chain, bytes: $0.bytes, inodes: $0.inodes)
            })
    }
}
