internal import Image
internal import Logging
internal import Model
internal import Store

/// Images that are on record and cannot be used as they are: a layer is gone or has lost what says
/// that it is whole, or what is stored of the image makes no sense. They are forgotten, so that the
/// kubelet finds them missing and pulls them again; other images stay as they are.
struct Quarantine: Sendable {
    /// The chain IDs of the forgotten images' layers, which the next pull takes up where they are
    /// sound.
    let layers: Set<String>

    /// Looks at every image. That costs no more than reading a row: what is known of the layers was
    /// read already.
    static func run(_ store: Store, _ layers: Layers, _ log: Logger) async throws -> Quarantine {
        var left: Set<String> = []
        for row in try await store.images() {
            guard let damage = damage(row, missing: layers.missing) else { continue }
            log.warning(
                "image \(name(row)) is damaged and must be pulled again: \(damage)")
            try await store.removeImage(row.id)
            left.formUnion(row.layers.map(\.chain))
        }
        return Quarantine(layers: left)
    }

    /// What is wrong with an image; nil when nothing is.
    /// - Parameter missing: what layers, the lowest first, lack to be mounted.
    static func damage(_ row: ImageRow, missing: ([String]) -> String?) -> String? {
        // The ID is the digest of the configuration (image-spec, config.md, "ImageID").
        if let id = try? Digest(parsing: row.id), id.algorithm == .sha256,
            Digest.sha256(of: row.config) != id
        {
            return "its configuration is not what its ID says"
        }
        do { _ = try ImageRecord(row) } catch { return "\(error)" }
        return missing(row.layers.map(\.chain))
    }

    static func name(_ row: ImageRow) -> String {
        let names = (try? ImageRecord(row))?.message.repoTags ?? []
        return names.isEmpty ? row.id : "\(names.joined(separator: ", ")) (\(row.id))"
    }
}

extension Node {
    /// An image that can be mounted.
    /// - Throws: `notFound` when it is not here, or lacks a layer; then it is forgotten, so that the
    ///   kubelet pulls it before it tries again.
    func usableImage(_ name: String) async throws -> ImageRecord {
        let image = try images.get(name)
        guard let damage = layers.missing(image.layers.map(\.chain)) else {
            return image
        }
        log.warning("image \(image.id) is damaged and must be pulled again: \(damage)")
        try await images.remove(image.id)
        throw GantryError(.notFound, "image \(name) is damaged and must be pulled again: \(damage)")
    }
}
