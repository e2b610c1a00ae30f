internal import Archive
internal import FoundationEssentials
internal import Model
internal import Text

/// A reference to content (image-spec, descriptor.md), checked.
struct Content: Sendable, Hashable {
    let mediaType: String
    let digest: Digest
    let size: UInt64
    let platform: Platform?
    var annotations: [String: String] = [:]
}

/// What a registry answers under a tag or digest.
enum Manifest: Sendable {
    case index([Content])
    case image(config: Content, layers: [Content])
    /// What is no container image: files for whoever knows the type (image-spec, manifest.md,
    /// "Guidelines for Artifact Usage").
    case artifact(type: String, layers: [Content])

    /// - Parameter type: the response's Content-Type, which counts when the document has none.
    /// - Throws: `GantryError`: `unimplemented` for a format that is refused by name, `dataLoss` for
    ///   what is no manifest.
    init(_ bytes: [UInt8], type: String) throws {
        let document: ManifestDocument
        do {
            document = try JSONDecoder().decode(ManifestDocument.self, from: Data(bytes))
        } catch {
            throw GantryError(.dataLoss, "the manifest cannot be read", cause: error)
        }
        let header = type.head(before: ";")
        let type = document.mediaType ?? String(header)
        if document.schemaVersion == 1 || MediaType.isSchema1(type) {
            throw GantryError(.unimplemented, "Docker schema 1 images are not supported")
        }
        try self.init(document, type)
    }

    private init(_ document: ManifestDocument, _ type: String) throws {
        switch (document.manifests, document.config, document.layers) {
        case (let manifests?, nil, nil):
            try Self.check(type, MediaType.indexes, "an index")
            self = .index(try manifests.map { try $0.checked() })
        case (nil, let config?, let layers):
            try Self.check(type, MediaType.manifests, "an image manifest")
            let layers = try (layers ?? []).map { try $0.checked() }
            try self.init(document, type, try config.checked(), layers)
        case (nil, nil, nil) where MediaType.indexes.contains(type):
            self = .index([])
        default:
            // Both at once is how one digest is made to mean two images (CVE-2021-41190).
            throw GantryError(.dataLoss, "the manifest is neither an index nor an image")
        }
    }

    private static func check(_ type: String, _ known: [String], _ what: String) throws {
        if known.contains(type) { return }
        // Registries that serve files as they are say this, and older OCI documents say nothing.
        if ["", "application/json", "application/octet-stream"].contains(type) { return }
        throw GantryError(.dataLoss, "the manifest says that it is \(type), and is \(what)")
    }

    private init(
        _ document: ManifestDocument, _ type: String, _ config: Content, _ layers: [Content]
    ) throws(GantryError) {
        for layer in layers where MediaType.isForeign(layer.mediaType) {
            throw GantryError(
                .unimplemented, "layer \(layer.digest) is a foreign layer (\(layer.mediaType))")
        }
        guard MediaType.isConfig(config.mediaType, ofManifest: type) else {
            let types = [document.artifactType ?? "", config.mediaType]
            guard let type = types.first(where: { !$0.isEmpty }) else {
                throw GantryError(.dataLoss, "the manifest does not say what it is of")
            }
            self = .artifact(type: type, layers: layers)
            return
        }
        for layer in layers where !MediaType.layers.contains(layer.mediaType) {
            throw GantryError(
                .unimplemented, "layer \(layer.digest) has the unknown type \(layer.mediaType)")
        }
        self = .image(config: config, layers: layers)
    }
}
