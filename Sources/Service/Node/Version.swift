internal import Model

struct Version: RPC {
    let node: Node

    /// `version` is the API of the kubelet's runtime interface, which has been 0.1.0 ever since; the
    /// runtime's name becomes the prefix of container IDs in Kubernetes (`gantry://…`).
    func respond(to request: VersionRequest) async throws -> VersionResponse {
        VersionResponse(
            version: "0.1.0", runtimeName: "gantry", runtimeVersion: Release.version,
            runtimeApiVersion: "v1")
    }
}
