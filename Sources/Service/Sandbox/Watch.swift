internal import Model
internal import MonitorProtocol
internal import OCI

/// Follows a pod's monitor: its containers' exits, and its own.
struct Watch: Sendable {
    let node: Node
    let sandbox: Sandbox

    /// Runs until the monitor is gone.
    func run(_ monitor: Monitor) async {
        for await exit in monitor.exits { await exited(exit) }
        guard !node.isShuttingDown else { return }
        await monitorIsGone(monitor)
    }

    func exited(_ exit: ExitRecord) async {
        if exit.container == sandbox.id { return await sandboxEnded() }
        guard let container = try? node.containers.find(exit.container) else { return }
        await node.lifecycle.endRest(of: container)
        await node.lifecycle.end(container) { ContainerExit(exit, startedAt: $0) }
        node.nursery.start { [node] in
            await node.attempt("release container \(container.id)") {
                try await node.lifecycle.release(container)
            }
        }
    }

    /// Without its infra container, or its shim's sandbox, the pod's namespaces are gone: the kubelet must make a
    /// new pod.
    func sandboxEnded() async {
        if await ceaseToBeReady() { node.tell(.stoppedEvent, of: sandbox) }
    }

    /// - Returns: whether it was ready until now.
    private func ceaseToBeReady() async -> Bool {
        let wasReady = sandbox.update { state in
            guard state.phase == .ready else { return false }
            state.phase = .stopping
            return true
        }
        if wasReady { await node.persist(sandbox) }
        return wasReady
    }

    /// A monitor ends when its pod is stopped. When it ends otherwise, nobody is left to reap the
    /// containers or to write their logs: they are killed, and known as exited with code 255.
    private func monitorIsGone(_ monitor: Monitor) async {
        let wasOurs = sandbox.update { state in
            guard state.monitor === monitor else { return false }
            state.monitor = nil
            return true
        }
        guard wasOurs else { return }
        // Not ready first: what is being created now is taken back by CreateContainer, which looks at
        // this when it is done, and everything that it was done with before is seen here.
        let wasReady = await ceaseToBeReady()
        for container in node.containers(of: sandbox) where container.phase.isLive {
            await recoverExit(of: container)
        }
        await node.attempt("end the infra container of \(sandbox.id)") {
            try await SandboxResources(node: node, sandbox: sandbox).endInfra()
        }
        if wasReady { node.tell(.stoppedEvent, of: sandbox) }
    }

    /// Ends a container that nobody watches any more: with the exit that its monitor recorded, or as
    /// lost.
    func recoverExit(of container: SandboxContainer) async {
        await node.attempt("delete container \(container.id)") {
            try await node.lifecycle.erase(container)
        }
        let path = node.paths.pod(sandbox.id).exitRecord(container.id)
        let record = try? await Monitor.exitRecord(at: path)
        await node.lifecycle.end(container) { start in
            record.map { ContainerExit($0, startedAt: start) } ?? .lost(startedAt: start)
        }
    }
}
