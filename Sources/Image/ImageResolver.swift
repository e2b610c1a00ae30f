internal import Archive
internal import Model

/// From a name to the documents of one image: index, manifest, configuration.
struct ImageResolver: Sendable {
    let session: RegistrySession
    let platform: Platform

    /// distribution-spec asks registries to take manifests of 4 MiB at least; no image needs more.
    private static let documentLimit = 4 << 20
    private static let deepestIndex = 4

    struct Resolved: Sendable {
        let digest: Digest
        let manifestDigest: Digest
        let mediaType: String
        let id: Digest
        let configJSON: [UInt8]
        let config: ConfigDocument
        let layers: [Content]
    }

    private struct Document {
        let manifest: Manifest
        let digest: Digest
        let mediaType: String
    }

    func resolve(_ reference: Reference) async throws -> Resolved {
        let name = reference.digest?.description ?? reference.tag ?? "latest"
        let top = try await document(name, reference.digest)
        var current = top
        for _ in 0..<Self.deepestIndex {
            switch current.manifest {
            case .index(let contents):
                let chosen = try platform.choose(contents)
                current = try await document(chosen.digest.description, chosen.digest)
            case .image(let config, let layers):
                return try await image(config, layers, top, current)
            }
        }
        throw GantryError(.dataLoss, "indexes within indexes, more than \(Self.deepestIndex) deep")
    }

    private func document(_ name: String, _ expected: Digest?) async throws -> Document {
        let types = (MediaType.indexes + MediaType.manifests).joined(separator: ", ")
        let response = try await session.get(
            "manifests/\(name)", ["Accept: \(types)"], .collect(limit: Self.documentLimit))
        let digest = try Self.checked(response.body, expected, "manifest")
        return Document(
            manifest: try Manifest(response.body, type: response.contentType), digest: digest,
            mediaType: response.contentType)
    }

    private func image(
        _ config: Content, _ layers: [Content], _ top: Document, _ manifest: Document
    ) async throws -> Resolved {
        guard config.size <= Self.documentLimit else {
            throw GantryError(
                .resourceExhausted,
                "the image configuration is larger than \(Self.documentLimit) bytes")
        }
        let response = try await session.get(
            "blobs/\(config.digest)", [], .collect(limit: Int(config.size)))
        let id = try Self.checked(response.body, config.digest, "image configuration")
        let document = try ConfigDocument(response.body)
        let count = document.diffIDs.count
        guard count == layers.count else {
            throw GantryError(
                .dataLoss, "the manifest has \(layers.count) layers, its configuration \(count)")
        }
        return Resolved(
            digest: top.digest, manifestDigest: manifest.digest, mediaType: manifest.mediaType,
            id: id, configJSON: response.body, config: document, layers: layers)
    }

    private static func checked(
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
