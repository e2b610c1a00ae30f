internal import Model
internal import Store

/// Takes note of what the kubelet has changed a pod's cgroup to, and of its overhead. The cgroup is
/// the kubelet's own, so nothing is left to change; the verbose status shows both.
struct UpdatePodSandboxResources: RPC {
    let node: Node

    func respond(to request: UpdatePodSandboxResourcesRequest) async throws
        -> UpdatePodSandboxResourcesResponse
    {
        let sandbox = try node.sandboxes.get(request.podSandboxId)
        try sandbox.requireReady()
        try await node.plugins.update(sandbox, request)
        let old = sandbox.current
        sandbox.update { state in
            state.overhead = request.overhead ?? state.overhead
            state.resources = request.resources ?? state.resources
        }
        do {
            try await node.store.save(sandbox.row())
        } catch {
            sandbox.update { ($0.overhead, $0.resources) = (old.overhead, old.resources) }
            throw error
        }
        await node.plugins.updated(sandbox)
        return UpdatePodSandboxResourcesResponse()
    }
}
