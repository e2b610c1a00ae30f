internal import Model
internal import Store

struct ImageStatus: RPC {
    let node: Node

    /// An image that is not here is no error: the answer has none (api.proto, ImageStatus).
    func respond(to request: ImageStatusRequest) async throws -> ImageStatusResponse {
        guard let image = try node.images.find(request.image?.image ?? "") else {
            return ImageStatusResponse()
        }
        var response = ImageStatusResponse(image: node.pinnedImages.shown(image.message))
        if request.verbose { response.info = info(image) }
        return response
    }

    /// The document as the registry gave it: it was read as JSON when it was pulled, and may have what
    /// only some readers take, as numbers that no type holds.
    private func info(_ image: ImageRecord) -> [String: String] {
        let chain = image.layers.last?.chain ?? ""
        let document = String(decoding: image.document, as: UTF8.self)
        return ["info": "{\"chainID\":\"\(chain)\",\"imageSpec\":\(document)}"]
    }
}
