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
        do {
            try await container.sandbox.requireMonitor().reopenLog(of: container.id)
        } catch let error as GantryError where error.code == .internal {
            throw GantryError(.failedPrecondition, "log_path: \(error.message)", cause: error)
        }
        failpoint("ReopenContainerLog/reopened")
        return ReopenContainerLogResponse()
    }
}
