internal import Archive
internal import FoundationEssentials
internal import ImageProtocol
internal import Model

/// A layer as it is written or pushed.
struct LayerBlob: Sendable {
    /// Of the plain tar.
    let diffID: Digest
    /// Nil for a plain tar.
    let compression: BlobCompression?
    let digest: Digest
    let content: FilePart

    var mediaType: String {
        "application/vnd.oci.image.layer.v1.tar\(compression.map { "+\($0.name)" } ?? "")"
    }
}

/// The documents of an image whose layers are these. The configuration is the image's own unless a tar
/// is another than that which the configuration names.
struct NewManifest: Sendable {
    let config: [UInt8]
    let configDigest: Digest
    /// The lowest first.
    let layers: [LayerBlob]
    let manifest: [UInt8]

    var manifestDigest: Digest { Digest(of: manifest) }
    var written: WrittenImage { WrittenImage(id: configDigest, manifest: manifestDigest) }

    static let mediaType = "application/vnd.oci.image.manifest.v1+json"
    private static let configType = "application/vnd.oci.image.config.v1+json"

    /// - Throws: `GantryError` (`dataLoss`) for a configuration that is none.
    init(_ document: [UInt8], _ layers: [LayerBlob]) throws {
        self.layers = layers
        config = try Self.config(document, layers.map(\.diffID))
        configDigest = Digest(of: config)
        let described = layers.map { Self.descriptor($0.mediaType, $0.digest, $0.content.size) }
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
