internal import Archive
internal import ImageProtocol
internal import Model

/// From a name to the documents of one image: index, manifest, configuration.
struct ImageResolver: Sendable {
    let source: any ContentSource
    let platform: Platform

    /// distribution-spec asks registries to take manifests of 4 MiB at least; no image needs more.
    static let documentLimit = 4 << 20
    private static let deepestIndex = 4

    struct Resolved: Sendable {
        /// Nil where there is no manifest, as in docker's archives.
        let digest: Digest?
        let manifestDigest: Digest?
        let mediaType: String
        let id: Digest
        /// What the ID is the digest of.
        let document: [UInt8]
        let layers: [LayerPart]

        var description: ImageDescription {
            ImageDescription(
                digest: digest, manifestDigest: manifestDigest, mediaType: mediaType, id: id,
                document: document, layers: layers.map(\.description))
        }
    }

    private struct Document {
        let manifest: Manifest
        let digest: Digest
        let mediaType: String
        let bytes: [UInt8]
    }

    func resolve(_ reference: Reference) async throws -> Resolved {
        let name = reference.digest?.description ?? reference.tag ?? "latest"
        return try await resolve(try await document(name, reference.digest))
    }

    /// The image for this platform among those that an index has.
    func resolve(oneOf contents: [Content]) async throws -> Resolved {
        let chosen = try platform.choose(contents)
        return try await resolve(try await document(chosen.digest.description, chosen.digest))
    }

    private func resolve(_ top: Document) async throws -> Resolved {
        var current = top
        for _ in 0..<Self.deepestIndex {
            switch current.manifest {
            case .index(let contents):
                let chosen = try platform.choose(contents)
                current = try await document(chosen.digest.description, chosen.digest)
            case .image(let config, let layers):
                return try await image(config, layers, top, current)
            case .artifact(_, let layers):
                return try artifact(layers, top, current)
            }
        }
        throw GantryError(.dataLoss, "indexes within indexes, more than \(Self.deepestIndex) deep")
    }

    private func document(_ name: String, _ expected: Digest?) async throws -> Document {
        let (bytes, type) = try await source.manifest(name, limit: Self.documentLimit)
        let digest = try Self.checked(bytes, expected, "manifest")
        return Document(
            manifest: try Manifest(bytes, type: type), digest: digest, mediaType: type,
            bytes: bytes)
    }

    private func image(
        _ config: Content, _ layers: [Content], _ top: Document, _ manifest: Document
    ) async throws -> Resolved {
        guard config.size <= Self.documentLimit else {
            throw GantryError(
                .resourceExhausted,
                "the image configuration is larger than \(Self.documentLimit) bytes")
        }
        let bytes = try await source.blob(config.digest, limit: Int(config.size))
        let id = try Self.checked(bytes, config.digest, "image configuration")
        let document = try ConfigDocument(bytes)
        let count = document.diffIDs.count
        guard count == layers.count else {
            throw GantryError(
                .dataLoss, "the manifest has \(layers.count) layers, its configuration \(count)")
        }
        return Resolved(
            digest: top.digest, manifestDigest: manifest.digest, mediaType: manifest.mediaType,
            id: id, document: bytes,
            layers: try LayerPart.ofImage(layers, document.diffIDs))
    }

    /// Its configuration says nothing of how it would be run, and many have the same empty one: the
    /// manifest is what it is known by.
    private func artifact(
        _ layers: [Content], _ top: Document, _ manifest: Document
    ) throws -> Resolved {
        Resolved(
            digest: top.digest, manifestDigest: manifest.digest, mediaType: manifest.mediaType,
            id: manifest.digest, document: manifest.bytes,
            layers: try LayerPart.ofArtifact(layers))
    }

    static func checked(
        _ bytes: [UInt8], _ expected: Digest?, _ what: String
    ) throws -> Digest {
        let actual = Digest(of: bytes, expected?.algorithm ?? .sha256)
        if let expected, expected != actual {
            throw GantryError(
                .dataLoss, "the \(what) \(expected) was asked for, and \(actual) came")
        }
        return actual
    }
}
