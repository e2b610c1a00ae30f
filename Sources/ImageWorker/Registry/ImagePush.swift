internal import Archive
internal import ImageProtocol
internal import Model
internal import Text

/// Sends an image to a registry: what it lacks of the content, and then the manifest (distribution-spec,
/// "Push").
struct ImagePush: Sendable {
    let session: RegistrySession
    let image: NewManifest

    /// - Throws: `TransferError` when the registry cannot be reached, `GantryError` for a refusal.
    func run(as reference: Reference) async throws -> WrittenImage {
        for layer in image.layers { try await upload(.part(layer.content), layer.digest) }
        try await upload(.bytes(image.config), image.configDigest)
        let tag = reference.digest?.description ?? reference.tag ?? "latest"
        let url = session.endpoint.url("manifests/\(tag)")
        let answer = try await SecondAttempts.run {
            try await session.send(
                .put(.bytes(image.manifest)), url, ["Content-Type: \(NewManifest.mediaType)"])
        }
        guard answer.isSuccess else { throw RegistryError.of(answer, printable(url)) }
        return image.written
    }

    private func upload(_ content: HTTPContent, _ digest: Digest) async throws {
        let known = try await session.send(.head, session.endpoint.url("blobs/\(digest)"))
        if known.isSuccess { return }
        let start = session.endpoint.url("blobs/uploads/")
        let answer = try await SecondAttempts.run {
            let begun = try await session.send(.post, start)
            guard begun.isSuccess, let place = begun.place else { return begun }
            let target = try absolute(place)
            let url = "\(target)\(target.has("?") ? "&" : "?")digest=\(digest)"
            // Without `Expect`, at which some servers leave a client waiting for a second.
            let headers = ["Content-Type: application/octet-stream", "Expect:"]
            return try await session.send(.put(content), url, headers)
        }
        guard answer.status == 201 else { throw RegistryError.of(answer, printable(start)) }
    }

    /// Where a registry sends an upload: a path of its own, or another place that has TLS.
    private func absolute(_ place: String) throws(GantryError) -> String {
        let endpoint = session.endpoint
        if place.begins(with: "/") {
            return "\(endpoint.scheme.rawValue)://\(endpoint.host)\(place)"
        }
        if place.begins(with: "https://") || endpoint.isOrigin(of: place) { return place }
        guard place.begins(with: "http://") else {
            throw GantryError(
                .unavailable,
                "\(endpoint.host) sends the upload to \"\(printable(place).prefix(200))\", which is no URL"
            )
        }
        guard endpoint.scheme == .http || endpoint.isInsecure else {
            throw GantryError(
                .permissionDenied, "\(endpoint.host) sends the upload to a place without TLS")
        }
        return place
    }
}
