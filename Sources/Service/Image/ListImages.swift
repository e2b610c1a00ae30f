internal import Model

struct ListImages: RPC {
    let node: Node

    func respond(to request: ListImagesRequest) async throws -> ListImagesResponse {
        let wanted = request.filter?.image?.image ?? ""
        let pinned = node.pinnedImages
        if wanted.isEmpty {
            return ListImagesResponse(images: node.images.all.map { pinned.shown($0.message) })
        }
        let found = try node.images.find(wanted)
        return ListImagesResponse(images: found.map { [pinned.shown($0.message)] } ?? [])
    }
}
