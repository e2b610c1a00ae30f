internal import Kernel
internal import Model
internal import System

/// Asks a container to end, and makes it end when its time is up.
struct StopContainer: RPC {
    let node: Node

    func respond(to request: StopContainerRequest) async throws -> StopContainerResponse {
        if let container = try node.containers.find(request.containerId) {
            try await node.lifecycle.stop(container, grace: .clamped(seconds: request.timeout))
            failpoint("StopContainer/stopped")
        }
        return StopContainerResponse()
    }
}
