internal import Model
internal import OCI

/// ContainerStats; its type has another name because the message took this one.
struct GetContainerStats: RPC {
    let node: Node

    func respond(to request: ContainerStatsRequest) async throws -> ContainerStatsResponse {
        let container = try node.containers.get(request.containerId)
        guard let reading = try await node.readings(of: [container]).first else {
            // Elsewhere a cgroup that is gone says so.
            let hides = try node.runtime(of: container.sandbox).handler.hidesProcesses
            if hides, container.phase.isLive {
                throw GantryError(
                    .unavailable, "what container \(container.id) uses cannot be found out now")
            }
            throw GantryError(.failedPrecondition, "container \(container.id) has exited")
        }
        return ContainerStatsResponse(stats: reading.stats(fsId: node.paths.root))
    }
}
