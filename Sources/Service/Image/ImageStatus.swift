internal import Model
internal import Store

struct ImageStatus: RPC {
    let node: Node

    /// An image that is not here is no error: the answer has none (api.proto, ImageStatus).
    func respond(to request: ImageStatusRequest) async throws -> ImageStatusResponse {
        guard let image = try node.images.find(request.image?.image ?? "") else {
            return ImageStatusResponse()
        }
        var response = ImageStatusResponse(image: image.message)
        if request.verbose { response.info = try info(image) }
        return response
    }

    private func info(_ image: ImageRecord) throws -> [String: String] {
        let info: JSONValue = [
            "chainID": .string(image.layers.last?.chain ?? ""),
            "imageSpec": try JSONValue(parsing: image.document),
        ]
        return ["info": try info.text()]
    }
}
