internal import Model
internal import Text

struct ListContainerStats: RPC {
    let node: Node

    /// Containers that have exited use nothing and are left out.
    func respond(to request: ListContainerStatsRequest) async throws -> ListContainerStatsResponse {
        let filter = request.filter ?? ContainerStatsFilter()
        let admitted = node.containers.all.filter { filter.admits($0) }
        return ListContainerStatsResponse(
            stats: try await node.readings(of: admitted).map { $0.stats(fsId: node.paths.root) })
    }
}

extension ContainerStatsFilter {
    /// All that is given must fit (api.proto, ContainerStatsFilter).
    fileprivate func admits(_ container: SandboxContainer) -> Bool {
        container.id.begins(with: id) && container.sandbox.id.begins(with: podSandboxId)
            && container.config.labels.contains(all: labelSelector)
    }
}
