internal import Archive
internal import FoundationEssentials
internal import ImageProtocol
internal import Model

/// The documents of an image whose layers are plain tars. The configuration is the image's own unless a tar
/// is another than that which the configuration names.
struct NewManifest: Sendable {
    let config: [UInt8]
    let configDigest: Digest
    let layers: [Digest]
    let manifest: [UInt8]

    var manifestDigest: Digest { Digest(of: manifest) }
    var written: WrittenImage { WrittenImage(id: configDigest, manifest: manifestDigest) }

    static let mediaType = "application/vnd.oci.image.manifest.v1+json"
    private static let configType = "application/vnd.oci.image.config.v1+json"

    /// - Throws: `GantryError` (`dataLoss`) for a configuration that is none.
    init(_ image: StoredLayers, sizes: [UInt64]) throws {
        layers = image.layers.map(\.diffID)
        config = try Self.config(image.document, layers)
        configDigest = Digest(of: config)
        let described = zip(layers, sizes).map {
            Self.descriptor("application/vnd.oci.image.layer.v1.tar", $0, $1)
        }
        manifest = try Self.encode(
            .object([
                "schemaVersion": .integer(2), "mediaType": .string(Self.mediaType),
                "config": Self.descriptor(Self.configType, configDigest, UInt64(config.count)),
                "layers": .array(described),
            ]))
    }

    static func descriptor(_ type: String, _ digest: Digest, _ size: UInt64) -> JSONValue {
        .object([
            "mediaType": .string(type), "digest": .string(digest.description),
            "size": .integer(Int64(clamping: size)),
        ])
    }

    static func encode(_ value: JSONValue) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    private static func config(_ document: [UInt8], _ layers: [Digest]) throws -> [UInt8] {
        guard case .object(var members) = try JSONValue(parsing: document) else {
            throw GantryError(.dataLoss, "the image's configuration is no object")
        }
        let names = layers.map { JSONValue.string($0.description) }
        if (members["rootfs"]?["diff_ids"]?.array ?? []) == names { return document }
        members["rootfs"] = .object(["type": .string("layers"), "diff_ids": .array(names)])
        return try encode(.object(members))
    }
}
