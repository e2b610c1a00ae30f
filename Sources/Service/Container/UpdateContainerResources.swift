internal import Model
internal import NRI

/// Changes a container's limits: spec, cgroup and record together, or none of them.
struct UpdateContainerResources: RPC {
    let node: Node

    func respond(to request: UpdateContainerResourcesRequest) async throws
        -> UpdateContainerResourcesResponse
    {
        let container = try node.containers.get(request.containerId)
        guard let asked = request.linux else {
            throw GantryError(.invalidArgument, "linux: the request has no resources for Linux")
        }
        let key = Operations.Key.updateContainer(id: container.id)
        try await node.operations.join(key, asked) {
            try requireLiving(container)
            let change = try await node.plugins.change(container, asked)
            try await self.change(container, change.asked, change.rest)
            await node.plugins.updated(container)
        }
        return UpdateContainerResourcesResponse()
    }

    /// Whoever asks for it, one change after the other. A plugin may answer a change of one container with
    /// a change of another, and of that one the other way around: so none is waited for in here.
    ///
    /// - Parameter rest: what CRI has no field for, of what plugins want.
    func change(
        _ container: SandboxContainer, _ asked: LinuxContainerResources, _ rest: LinuxResources?
    ) async throws {
        try await node.operations.inTurn(.changeLimits(id: container.id)) {
            try requireLiving(container)
            if container.phase.isUnstarted { return try await make(container, asked, rest) }
            try await node.command(in: container) { try await make(container, asked, rest) }
        }
    }

    private func make(
        _ container: SandboxContainer, _ asked: LinuxContainerResources, _ rest: LinuxResources?
    ) async throws {
        let old = container.current.resources ?? LinuxContainerResources()
        try await LimitsChange(node: node, container: container).make(
            to: old.changed(by: asked)
        ) { limits in
            if let rest { try limits.apply(rest) }
        }
    }

    private func requireLiving(_ container: SandboxContainer) throws {
        guard container.phase.pid != nil else {
            throw GantryError(
                .failedPrecondition, "container \(container.id) is \(container.phase.name)")
        }
    }
}

extension LinuxContainerResources {
    /// These limits with those that `other` sets; 0 and empty leave one as it is. The OOM score is the
    /// process's own and stays.
    fileprivate func changed(by other: LinuxContainerResources) -> LinuxContainerResources {
        var result = self
        if other.cpuPeriod != 0 { result.cpuPeriod = other.cpuPeriod }
        if other.cpuQuota != 0 { result.cpuQuota = other.cpuQuota }
        if other.cpuShares != 0 { result.cpuShares = other.cpuShares }
        if other.memoryLimitInBytes != 0 { result.memoryLimitInBytes = other.memoryLimitInBytes }
        if other.memorySwapLimitInBytes != 0 {
            result.memorySwapLimitInBytes = other.memorySwapLimitInBytes
        }
        if !other.cpusetCpus.isEmpty { result.cpusetCpus = other.cpusetCpus }
        if !other.cpusetMems.isEmpty { result.cpusetMems = other.cpusetMems }
        if !other.hugepageLimits.isEmpty { result.hugepageLimits = other.hugepageLimits }
        result.unified.merge(other.unified) { $1 }
        return result
    }
}
