internal import Image
internal import ImageProtocol
internal import Model
internal import Text

/// Gives an image one more name on this node. The registry that the name speaks of is not asked.
struct TagImage: RPC {
    let node: Node

    func respond(to request: TagImageRequest) async throws -> TagImageResponse {
        let image = try node.images.get(request.image)
        guard let tag = try Reference.parse(request.name).tagged else {
            throw GantryError(.invalidArgument, "\(request.name): a name to give has no digest")
        }
        try await node.images.change(image.id, gaining: tag)
        return TagImageResponse(name: tag)
    }
}

/// Takes a name from its image. One without a name is there by its ID until garbage collection.
struct UntagImage: RPC {
    let node: Node

    func respond(to request: UntagImageRequest) async throws -> UntagImageResponse {
        guard let (image, name) = node.images.named(request.name) else {
            throw GantryError(.notFound, "no image has the name \(request.name)")
        }
        try await node.images.change(image.id) { image in
            image.repoTags.removeAll { $0 == name }
            image.repoDigests.removeAll { $0 == name }
        }
        return UntagImageResponse(image: image.id)
    }
}

/// Marks an image as one that garbage collection spares (CRI, `Image.pinned`), or takes the mark away.
struct PinImage: RPC {
    let node: Node

    func respond(to request: PinImageRequest) async throws -> PinImageResponse {
        let image = try node.images.get(request.image)
        try await node.images.change(image.id) { $0.pinned = request.pinned }
        let new = try node.images.get(image.id).message
        if !request.pinned, node.pinnedImages.hasPattern(for: new) {
            throw GantryError(
                .failedPrecondition,
                "image \(request.image) stays pinned: pinned_images has a pattern that it matches")
        }
        return PinImageResponse(image: image.id)
    }
}
