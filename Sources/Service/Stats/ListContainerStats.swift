internal import Model

struct ListContainerStats: RPC {
    let node: Node

    /// Containers that have exited use nothing and are left out.
    func respond(to request: ListContainerStatsRequest) async throws -> ListContainerStatsResponse {
        let filter = request.filter ?? ContainerStatsFilter()
        var response = ListContainerStatsResponse()
        for container in node.containers.all where filter.admits(container) {
            if let stats = try await node.stats(of: container) { response.stats.append(stats) }
        }
        return response
    }
}

extension ContainerStatsFilter {
    /// All that is given must fit (api.proto, ContainerStatsFilter).
    fileprivate func admits(_ container: SandboxContainer) -> Bool {
        container.id.hasPrefix(id) && container.sandbox.id.hasPrefix(podSandboxId)
            && container.config.labels.contains(all: labelSelector)
    }
}
