internal import Model
internal import Store
internal import System

/// Removes an image with all of its names, whichever of them is given. One that is not here is
/// removed already. Layers that a container still stands on go with that container; one that is mounted
/// (`gantry image mount`) stays.
struct RemoveImage: RPC {
    let node: Node

    func respond(to request: RemoveImageRequest) async throws -> RemoveImageResponse {
        if let image = try node.images.find(request.image?.image ?? "") {
            try await node.imageMounts.beginRemoval(of: image.id)
            defer { node.imageMounts.endRemoval(of: image.id) }
            try await node.images.remove(image.id)
            failpoint("RemoveImage/row removed")
            try await node.removeUnused(image.layers.map(\.chain))
            failpoint("RemoveImage/layers removed")
        }
        return RemoveImageResponse()
    }
}
