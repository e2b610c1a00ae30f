internal import Model

/// ContainerStats; its type has another name because the message took this one.
struct GetContainerStats: RPC {
    let node: Node

    func respond(to request: ContainerStatsRequest) async throws -> ContainerStatsResponse {
        let container = try node.containers.get(request.containerId)
        guard let reading = try await node.readings(of: [container]).first else {
            guard !container.phase.isLive else {
                throw GantryError(
                    .unavailable, "the shim of container \(container.id) does not tell what it uses"
                )
            }
            throw GantryError(.failedPrecondition, "container \(container.id) has exited")
        }
        return ContainerStatsResponse(stats: reading.stats(fsId: node.paths.root))
    }
}
