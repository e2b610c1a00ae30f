internal import Model

/// Version of containerd's API: cAdvisor asks before anything else, and wants any.
struct GetContainerdVersion: RPC {
    let node: Node

    func respond(
        to request: ContainerdVersionRequest
    ) async throws -> ContainerdVersionResponse {
        ContainerdVersionResponse(version: Release.version)
    }
}
