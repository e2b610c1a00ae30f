internal import Model
internal import OCI
internal import System

/// Has the monitor go on in a new file, after the kubelet has moved the old one away.
struct ReopenContainerLog: RPC {
    let node: Node

    func respond(to request: ReopenContainerLogRequest) async throws -> ReopenContainerLogResponse {
        let container = try node.containers.get(request.containerId)
        guard case .running = container.phase else {
            throw GantryError(.failedPrecondition, "container \(container.id) is not running")
        }
        try await container.sandbox.requireMonitor().reopenLog(of: container.id)
        failpoint("ReopenContainerLog/reopened")
        return ReopenContainerLogResponse()
    }
}
