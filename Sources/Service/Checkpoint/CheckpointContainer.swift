internal import Kernel
internal import Model
internal import OCI

/// Writes a running container's memory, state and files into an archive, and lets it run on: the kubelet's
/// forensic checkpoints (KEP-2008).
struct CheckpointContainer: RPC {
    let node: Node

    func respond(to request: CheckpointContainerRequest) async throws -> CheckpointContainerResponse
    {
        let container = try node.containers.get(request.containerId)
        let place = try await CheckpointPlace(request.location)
        guard request.timeout >= 0 else {
            throw GantryError(.invalidArgument, "timeout: \(request.timeout) seconds are negative")
        }
        try container.requireRunning()
        let runtime = try node.runtime(of: container.sandbox)
        try runtime.requireCheckpoints()
        // 0 is the runtime's own limit (api.proto, CheckpointContainerRequest.timeout).
        let limit = request.timeout == 0 ? runtime.limit : .clamped(seconds: request.timeout)
        let checkpoint = Checkpoint(node: node, container: container, place: place, limit: limit)
        try await node.operations.join(.checkpointContainer(id: container.id), request) {
            try await node.command(in: container) { try await checkpoint.run(runtime) }
        }
        return CheckpointContainerResponse()
    }
}
