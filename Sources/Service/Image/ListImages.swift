internal import Model

struct ListImages: RPC {
    let node: Node

    func respond(to request: ListImagesRequest) async throws -> ListImagesResponse {
        let wanted = request.filter?.image?.image ?? ""
        if wanted.isEmpty { return ListImagesResponse(images: node.images.all.map(\.message)) }
        let found = try node.images.find(wanted)
        return ListImagesResponse(images: found.map { [$0.message] } ?? [])
    }
}
