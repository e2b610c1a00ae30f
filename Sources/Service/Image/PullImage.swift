internal import Image
internal import Model
internal import System

/// Pulls an image. Equal pulls run once; a caller that goes away does not end the pull of others.
struct PullImage: RPC {
    let node: Node

    /// What makes two pulls equal: the same name, asked for with the same credentials. The latter
    /// are never printed.
    struct Identity: Hashable, Sendable, CustomStringConvertible {
        let name: String
        let credentials: AuthConfig?

        var description: String { name }
    }

    func respond(to request: PullImageRequest) async throws -> PullImageResponse {
        guard let name = request.image?.image, !name.isEmpty else {
            throw GantryError(.invalidArgument, "the request names no image")
        }
        let identity = Identity(name: name, credentials: request.auth)
        let id = try await node.operations.join(.pullImage(identity)) {
            try await node.tracedPull(name, for: request.sandboxConfig) { try await pull(identity) }
        }
        return PullImageResponse(imageRef: id)
    }

    private func pull(_ identity: Identity) async throws -> String {
        let registries = try await Blocking.run { [node] in try node.registries() }
        node.puller.use(registries)
        let bytes = PulledBytes()
        defer { node.telemetry.pulled(bytes: bytes.total) }
        let pulled = try await node.telemetry.pulls.measure {
            try await node.puller.pull(named: identity.name) {
                try Credentials(identity.credentials ?? AuthConfig(), for: $0)
            } progress: {
                bytes.note($0.digest, $0.received)
            }
        }
        // The layers are held against removal until the image that needs them is stored.
        defer { withExtendedLifetime(pulled.hold) {} }
        try await Trace.span("store") {
            try await node.images.add(
                ImageRecord(pulled), tag: pulled.reference.tagged,
                digest: "\(pulled.reference.repository)@\(pulled.digest)")
        }
        return pulled.id
    }
}

extension Credentials {
    fileprivate init(_ auth: AuthConfig, for reference: Reference) throws {
        try self.init(
            username: auth.username, password: auth.password, auth: auth.auth,
            serverAddress: auth.serverAddress, identityToken: auth.identityToken,
            registryToken: auth.registryToken, for: reference)
    }
}
