internal import Model
internal import Store
internal import System

/// Ends a pod's containers and gives back what the pod held. Can be repeated until it succeeds; a
/// sandbox that is not there is stopped already.
struct StopPodSandbox: RPC {
    let node: Node

    func respond(to request: StopPodSandboxRequest) async throws -> StopPodSandboxResponse {
        if let sandbox = try node.sandboxes.find(request.podSandboxId) { try await stop(sandbox) }
        return StopPodSandboxResponse()
    }

    func stop(_ sandbox: Sandbox) async throws {
        try await node.operations.join(.stopSandbox(id: sandbox.id)) {
            guard sandbox.phase != .stopped else { return }
            sandbox.update { $0.phase = .stopping }
            try await node.store.save(sandbox.row())
            failpoint("StopPodSandbox/stopping stored")
            try await release(sandbox)
            sandbox.update { $0.phase = .stopped }
            try await node.store.save(sandbox.row())
            failpoint("StopPodSandbox/stopped stored")
            node.tell(.stoppedEvent, of: sandbox)
        }
    }

    /// Containers first, since plugins may need them gone; then network and namespaces. What fails
    /// does not keep the rest from being released, and the sandbox stays `stopping`.
    private func release(_ sandbox: Sandbox) async throws {
        let resources = SandboxResources(node: node, sandbox: sandbox)
        var failures: [any Error] = []
        await collect(&failures) { try await endContainers(sandbox) }
        if sandbox.current.wasReady { await node.plugins.stopped(sandbox) }
        // A machine gives back the interfaces that it has taken, while they are there.
        let isMadeByShim = (try? resources.isMadeByShim) ?? false
        if isMadeByShim {
            await collect(&failures) { try await resources.stopSandbox() }
            failpoint("StopPodSandbox/sandbox stopped")
        }
        await collect(&failures) { try await resources.releaseNetwork() }
        if !isMadeByShim { await collect(&failures) { try await resources.endInfra() } }
        failpoint("StopPodSandbox/infra container deleted")
        await collect(&failures) { try await resources.endMonitor() }
        failpoint("StopPodSandbox/monitor ended")
        if let first = failures.first {
            throw GantryError("stop sandbox \(sandbox.id)", from: first)
        }
    }

    private func collect(
        _ failures: inout [any Error], _ step: () async throws -> Void
    ) async {
        do { try await step() } catch { failures.append(error) }
    }

    /// Kills all at once: StopPodSandbox leaves no time to end (api.proto, StopPodSandbox).
    private func endContainers(_ sandbox: Sandbox) async throws {
        try await node.operations.settle {
            switch $0 {
            case .createContainer(sandbox.id, _), .recoverContainers(sandbox.id): true
            default: false
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for container in node.containers(of: sandbox) {
                group.addTask {
                    try await node.lifecycle.kill(container)
                    failpoint("StopPodSandbox/container killed")
                    try await node.lifecycle.release(container)
                    failpoint("StopPodSandbox/container released")
                }
            }
            try await group.waitForAll()
        }
    }
}
