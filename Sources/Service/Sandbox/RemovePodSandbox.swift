internal import Model
internal import Store
internal import System

/// Removes a pod with its containers, stopping it first when it runs. One that is not there is
/// removed already.
struct RemovePodSandbox: RPC {
    let node: Node

    func respond(to request: RemovePodSandboxRequest) async throws -> RemovePodSandboxResponse {
        if let sandbox = try node.sandboxes.find(request.podSandboxId) {
            try await node.operations.join(.removeSandbox(id: sandbox.id)) {
                try await remove(sandbox)
            }
        }
        return RemovePodSandboxResponse()
    }

    private func remove(_ sandbox: Sandbox) async throws {
        try await StopPodSandbox(node: node).stop(sandbox)
        failpoint("RemovePodSandbox/stopped")
        for container in node.containers(of: sandbox) {
            try await node.lifecycle.remove(container)
            failpoint("RemovePodSandbox/container removed")
        }
        try await node.plugins.removed(sandbox) {
            try await SandboxResources(node: node, sandbox: sandbox).removeDirectory()
            failpoint("RemovePodSandbox/directory removed")
            try await node.store.removeSandbox(sandbox.id)
            failpoint("RemovePodSandbox/row removed")
        }
        node.sandboxes.remove(sandbox.id)
        node.tell(.deletedEvent, of: sandbox)
    }
}
