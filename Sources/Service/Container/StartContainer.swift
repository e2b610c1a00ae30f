internal import Kernel
internal import Model
internal import OCI
internal import Store
internal import System

/// Has the runtime start what CreateContainer prepared.
struct StartContainer: RPC {
    let node: Node

    func respond(to request: StartContainerRequest) async throws -> StartContainerResponse {
        let container = try node.containers.get(request.containerId)
        return try await node.operations.join(.startContainer(id: container.id)) {
            let name = container.config.metadata?.name ?? ""
            return try await node.traced("StartContainer", name, of: container.sandbox) {
                try await begin(container)
            }
        }
    }

    private func begin(_ container: SandboxContainer) async throws -> StartContainerResponse {
        try container.sandbox.requireReady()
        if case .unrunnable(let reason) = container.phase { throw await refused(container, reason) }
        try container.beginStart(at: Clock.now())
        defer { container.endStart() }
        failpoint("StartContainer/begun")
        do {
            try await node.plugins.starting(container)
            try await start(container)
            failpoint("StartContainer/started")
        } catch {
            container.endStart()
            await fail(container, error)
            throw error
        }
        container.update { $0.phase.finishStart() }
        try await node.plugins.started(container) {
            try await Trace.span("store") { try await node.store.save(container.row()) }
            failpoint("StartContainer/running stored")
            node.tell(.startedEvent, of: container)
        }
        return StartContainerResponse()
    }

    /// Where the runtime hides its processes, the monitor must start it, since its streams are those
    /// of the runtime's command.
    private func start(_ container: SandboxContainer) async throws {
        let runtime = try node.runtime(of: container.sandbox)
        guard runtime.handler.isStartedByMonitor else {
            return try await node.start(container.id, runtime, watched: container.phase.pid) {
                try container.sandbox.requireMonitor()
            }
        }
        let monitor = try container.sandbox.requireMonitor()
        do {
            try await monitor.startHidden(container.id, within: runtime.limit)
        } catch let error as GantryError where error.code == .internal {
            let log = node.paths.container(container.id).log
            let text = try? await Blocking.run { try Files.readText(log) }
            throw runtime.error(starting: container.id, log: text ?? "") ?? error
        }
    }

    /// - Returns: the error of a start that failed at `create` already.
    private func refused(_ container: SandboxContainer, _ reason: String) async -> GantryError {
        let error = GantryError(
            .failedPrecondition,
            "\(container.sandbox.handler) cannot start \(container.id): \(reason)")
        await end(container, error)
        return error
    }

    /// A container whose start failed has exited with code 128 and says why, so that the kubelet
    /// shows it and does not wait for it.
    private func fail(_ container: SandboxContainer, _ error: any Error) async {
        await end(container, error)
        await node.attempt("remove what did not start") {
            try await node.runtime(of: container.sandbox).delete(container.id, force: true)
        }
    }

    private func end(_ container: SandboxContainer, _ error: any Error) async {
        await node.lifecycle.end(container) {
            ContainerExit(
                startedAt: $0, finishedAt: Clock.now(), code: 128, reason: "StartError",
                message: String(describing: error))
        }
    }
}
