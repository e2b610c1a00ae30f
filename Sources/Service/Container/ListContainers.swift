internal import CRI
internal import Model
internal import Text

/// Answered from the encodings that each container, and all together, keep; waits for nothing.
struct ListContainers {
    let node: Node

    /// The response in its encoding: field 1 of ListContainersResponse, once for each container.
    func respond(to request: ListContainersRequest) throws -> [UInt8] {
        guard (request.filter ?? ContainerFilter()) == ContainerFilter() else {
            return Lists.repeated(field: 1, try elements(of: request))
        }
        return try node.containers.list.encoding {
            Lists.repeated(field: 1, try elements(of: request))
        }
    }

    func elements(of request: ListContainersRequest) throws -> [[UInt8]] {
        let filter = request.filter ?? ContainerFilter()
        let found = node.containers.all.filter { filter.admits($0) }
        return try found.sorted { $0.details.createdAt > $1.details.createdAt }.map {
            try $0.listed()
        }
    }
}

extension ContainerFilter {
    /// All that is given must fit (api.proto, ContainerFilter). What is being created is not listed.
    func admits(_ container: SandboxContainer) -> Bool {
        let phase = container.phase
        guard phase != .creating, container.id.begins(with: id),
            container.sandbox.id.begins(with: podSandboxId)
        else { return false }
        if let state, state.state != SandboxContainer.listState(phase) { return false }
        return container.config.labels.contains(all: labelSelector)
    }
}
