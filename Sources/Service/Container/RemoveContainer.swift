internal import Model

/// Removes a container, with force when it runs. One that is not there is removed already.
struct RemoveContainer: RPC {
    let node: Node

    func respond(to request: RemoveContainerRequest) async throws -> RemoveContainerResponse {
        if let container = try node.containers.find(request.containerId) {
            try await node.lifecycle.remove(container)
        }
        return RemoveContainerResponse()
    }
}
