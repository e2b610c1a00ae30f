internal import Image
internal import ImageProtocol
internal import Model
internal import System
internal import Text

/// Pulls an image. Equal pulls run once; a caller that goes away does not end the pull of others.
struct PullImage: RPC {
    let node: Node

    /// What makes two pulls equal: the same name, asked for with the same credentials and under the
    /// same policy. Credentials are never printed.
    struct Identity: Hashable, Sendable, CustomStringConvertible {
        let name: String
        let credentials: AuthConfig?
        let policy: SignaturePolicy

        var description: String { name }
    }

    func respond(to request: PullImageRequest) async throws -> PullImageResponse {
        guard let name = request.image?.image, !name.isEmpty else {
            throw GantryError(.invalidArgument, "the request names no image")
        }
        let namespace = request.sandboxConfig?.metadata?.namespace ?? ""
        let policy = try await Blocking.run { [node] in
            try SignaturePolicy.load(node.settings, namespace: namespace)
        }
        let identity = Identity(name: name, credentials: request.auth, policy: policy)
        let id = try await node.operations.join(.pullImage(identity)) {
            try await node.tracedPull(name, for: request.sandboxConfig) {
                try await Self.withKnownReasons { try await pull(identity) }
            }
        }
        return PullImageResponse(imageRef: id)
    }

    /// The kubelet looks for the reasons that it knows where a message begins, and finds them only
    /// under the code `unknown`, which it leaves out of the text (kubelet, remote_image.go).
    private static func withKnownReasons(
        _ body: () async throws -> String
    ) async throws -> String {
        do {
            return try await body()
        } catch let error as GantryError {
            let known = ["RegistryUnavailable:", "SignatureValidationFailed:"]
            guard known.contains(where: { error.message.begins(with: $0) }) else { throw error }
            throw GantryError(.unknown, error.message, cause: error.cause)
        }
    }

    private func pull(_ identity: Identity) async throws -> String {
        let id = try await pullAndStore(identity)
        failpoint("PullImage/stored")
        // Not while the pull still holds the layers.
        await node.attempt("remove damaged layers") { try await node.removeDamagedLayers() }
        return id
    }

    private func pullAndStore(_ identity: Identity) async throws -> String {
        let registries = try await Blocking.run { [node] in try node.registries() }
        node.puller.use(registries)
        let bytes = PulledBytes()
        defer { node.telemetry.pulled(bytes: bytes.total) }
        let pulled = try await node.telemetry.pulls.measure {
            try await node.pulls.track(identity.name) { note in
                try await node.puller.pull(
                    named: identity.name,
                    credentials: { try Credentials(identity.credentials ?? AuthConfig(), for: $0) },
                    policy: identity.policy,
                    progress: {
                        bytes.note($0)
                        note($0)
                    })
            }
        }
        // The layers are held against removal until the image that needs them is stored.
        defer { withExtendedLifetime(pulled.hold) {} }
        try await Trace.span("store") {
            try await node.images.verified.note(pulled.verified, of: pulled.id)
            try await node.images.add(
                ImageRecord(pulled), tag: pulled.reference.tagged,
                digest: pulled.digest.map { "\(pulled.reference.repository)@\($0)" })
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
