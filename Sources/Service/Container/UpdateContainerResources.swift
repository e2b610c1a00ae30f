internal import Model
internal import OCI
internal import Store

/// Changes a container's limits: spec, cgroup and record together, or none of them.
struct UpdateContainerResources: RPC {
    let node: Node

    func respond(to request: UpdateContainerResourcesRequest) async throws
        -> UpdateContainerResourcesResponse
    {
        let container = try node.containers.get(request.containerId)
        guard let asked = request.linux else {
            throw GantryError(.invalidArgument, "the request has no resources for Linux")
        }
        let key = Operations.Key.updateContainer(id: container.id)
        try await node.operations.join(key, asked) { try await update(container, asked) }
        return UpdateContainerResourcesResponse()
    }

    private func update(
        _ container: SandboxContainer, _ asked: LinuxContainerResources
    ) async throws {
        guard container.phase.pid != nil else {
            throw GantryError(.failedPrecondition, "container \(container.id) has exited")
        }
        let runtime = try node.runtime(of: container.sandbox)
        let bundle = Bundle(node.paths.container(container.id).bundle)
        let old = try await bundle.read()
        let oldRecord = container.current.resources
        let record = (oldRecord ?? LinuxContainerResources()).changed(by: asked)
        var new = old
        let oldLimits = old.linux.resources ?? Spec.Resources()
        var limits = try Spec.Resources(record, node.host)
        limits.devices = oldLimits.devices
        new.linux.resources = limits
        try await Undo.scope(node.log) { [new] undo in
            undo.push("restore the limits") { try await runtime.update(container.id, oldLimits) }
            try await runtime.update(container.id, limits)
            undo.push("restore the spec") { try await bundle.write(old) }
            try await bundle.write(new)
            undo.push("restore the record") { container.update { $0.resources = oldRecord } }
            container.update { $0.resources = record }
            try await node.store.save(container.row())
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
