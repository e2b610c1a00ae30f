internal import Archive
internal import ImageProtocol
internal import Model
internal import Synchronization

/// From a name to the documents of one image: index, manifest, configuration.
struct ImageResolver: Sendable {
    let source: any ContentSource
    let platform: Platform

    /// distribution-spec asks registries to take manifests of 4 MiB at least; no image needs more.
    static let documentLimit = 4 << 20
    private static let deepestIndex = 4
    private static let mostLooks = 16
    /// Of all indexes together, which may be within each other.
    private static let mostLooksInAll = 64

    struct Resolved: Sendable {
        /// Nil where there is no manifest, as in docker's archives.
        let digest: Digest?
        let manifestDigest: Digest?
        let mediaType: String
        let id: Digest
        /// What the ID is the digest of.
        let document: [UInt8]
        /// As far as the configuration says it.
        var platform = Platform(architecture: "", os: "")
        let layers: [LayerPart]

        func description(_ verified: [VerifiedRequirement]) -> ImageDescription {
            ImageDescription(
                digest: digest, manifestDigest: manifestDigest, mediaType: mediaType, id: id,
                document: document, layers: layers.map(\.description), verified: verified)
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
        let top = try await document(name, reference.digest)
        if let found = try await resolve(top, Place(top: top, looks: Looks())) { return found }
        throw GantryError(.notFound, "no image for \(platform) in the index")
    }

    /// The image for this platform among those that an index has.
    func resolve(oneOf contents: [Content]) async throws -> Resolved {
        if let found = try await resolve(oneOf: contents, Place(looks: Looks())) { return found }
        throw platform.missing(in: contents)
    }

    /// Where in an index we are.
    private struct Place {
        /// What the name stands for.
        var top: Document?
        var depth = 0
        /// Whether only the configuration says which platform it is for.
        var isUnknown = false
        let looks: Looks
    }

    /// Counts the documents that were looked at by way of indexes.
    private final class Looks: Sendable {
        private let left = Atomic(ImageResolver.mostLooksInAll)

        /// - Throws: `GantryError` (`resourceExhausted`) past the most.
        func take() throws(GantryError) {
            guard left.subtract(1, ordering: .relaxed).newValue >= 0 else {
                throw GantryError(
                    .resourceExhausted,
                    "the index leads to more than \(ImageResolver.mostLooksInAll) documents")
            }
        }
    }

    /// - Returns: nil for what is for another platform.
    private func resolve(_ document: Document, _ place: Place) async throws -> Resolved? {
        let top = place.top ?? document
        switch document.manifest {
        case .image(let config, let layers):
            let found = try await image(config, layers, top, document)
            return place.isUnknown && !platform.mayBe(found.platform) ? nil : found
        case .artifact(_, let layers):
            return place.isUnknown ? nil : try artifact(layers, top, document)
        case .index(let contents):
            var inner = place
            inner.top = top
            inner.depth += 1
            guard inner.depth < Self.deepestIndex else {
                throw GantryError(
                    .dataLoss, "indexes within indexes, more than \(Self.deepestIndex) deep")
            }
            return try await resolve(oneOf: contents, inner)
        }
    }

    private func resolve(oneOf contents: [Content], _ place: Place) async throws -> Resolved? {
        var place = place
        switch try platform.choose(contents) {
        case .one(let content):
            return try await resolve(
                try await document(content, place), place)
        case .oneOf(let possible):
            place.isUnknown = true
            // Each is looked at, but not thousands.
            for content in possible.prefix(Self.mostLooks) {
                let next = try await document(content, place)
                if let found = try await resolve(next, place) { return found }
            }
            return nil
        }
    }

    private func document(_ content: Content, _ place: Place) async throws -> Document {
        try place.looks.take()
        return try await document(content.digest.description, content.digest)
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
            id: id, document: bytes, platform: document.platform,
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
