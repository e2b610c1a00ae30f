internal import CRI
internal import Logging
internal import Model
internal import MonitorProtocol
internal import OCI
internal import Store
internal import Synchronization
internal import System

/// One pod that an earlier daemon has left, or the node's last run.
final class PodRecovery: Sendable {
    let id: String
    private let node: Node
    private let sandbox: Sandbox
    private let rows: [ContainerRow]
    /// Whether it was being made.
    private let isUnmade: Bool
    private let known = Mutex<[MonitoredContainer]>([])
    /// What could not be adopted is left for the next start.
    private let isAdopted = Atomic(false)

    init(_ node: Node, _ row: SandboxRow, _ rows: [ContainerRow]) throws {
        id = row.id
        self.node = node
        self.rows = rows
        sandbox = try Sandbox(row)
        isUnmade = sandbox.phase == .creating
    }

    /// What its monitor knows of a container.
    private func known(_ container: String) -> MonitoredContainer? {
        known.withLock { $0.first { $0.container == container } }
    }

    // MARK: What is there

    /// Finds its monitor, and makes it and its containers known as they seem to be.
    func adopt() async {
        await node.attempt("recover sandbox \(id)") { try await adoptAll() }
    }

    private func adoptAll() async throws {
        failpoint("recovery/sandbox read")
        let directory = node.paths.pod(id).directory
        let followed = try await FollowedMonitor.find(node, directory)
        known.withLock { $0 = followed?.containers ?? [] }
        sandbox.update { $0.monitor = followed?.monitor }
        node.sandboxes.insert(sandbox)
        isAdopted.store(true, ordering: .relaxed)
        for row in rows {
            await node.attempt("recover container \(row.id)") { try adopt(row) }
        }
        if let monitor = followed?.monitor {
            node.nursery.start { [node, sandbox] in
                await Watch(node: node, sandbox: sandbox).run(monitor)
            }
        }
        try await adoptSandbox()
    }

    /// One that was being created stays unknown, as it was.
    private func adopt(_ row: ContainerRow) throws {
        let container = try SandboxContainer(row, in: sandbox)
        if row.phase == ContainerPhase.creating.name { return }
        node.containers.insert(container)
        guard container.phase == .creating else { return }
        let startedAt = try ContainerStatus.decode(row.status).startedAt
        let pid = known(row.id)?.pid ?? Monitor.nobody
        container.update {
            $0.phase =
                startedAt > 0 ? .running(pid: pid, since: startedAt) : .created(pid: pid)
        }
    }

    /// One without a monitor has been through a reboot or worse, and is stopped, so that the kubelet makes a
    /// new one.
    private func adoptSandbox() async throws {
        let infra = known(id)
        let made = try await SandboxResources(node: node, sandbox: sandbox).recoverSandbox()
        sandbox.update { $0.infraPid = infra?.pid ?? made?.process }
        if isUnmade { sandbox.update { $0.phase = .stopping } }
        let isAlive =
            sandbox.current.monitor != nil && infra?.exit == nil && made?.isAlive != false
        guard sandbox.phase == .ready, !isAlive else { return }
        sandbox.update { $0.phase = .stopping }
        await node.persist(sandbox)
    }

    // MARK: What has become of it

    /// Finds out how its containers are, and ends what does not go on.
    func settle() async {
        guard isAdopted.load(ordering: .relaxed) else { return }
        // Who stops the pod waits for it, since some of its containers are not listed yet.
        await node.attempt("recover the containers of sandbox \(id)") {
            try await node.operations.join(.recoverContainers(sandbox: id)) {
                await self.settleRows()
            }
        }
        if isUnmade { await unmake() }
        failpoint("recovery/sandbox recovered")
    }

    private func settleRows() async {
        for row in rows {
            await node.attempt("recover container \(row.id)") { try await settle(row) }
            failpoint("recovery/container recovered")
        }
    }

    /// Its caller never had its ID.
    private func unmake() async {
        await node.attempt("recover sandbox \(id)") {
            _ = try await RemovePodSandbox(node: node).respond(
                to: RemovePodSandboxRequest(podSandboxId: id))
        }
    }

    private func settle(_ row: ContainerRow) async throws {
        if row.phase == ContainerPhase.creating.name {
            return await unmake(try SandboxContainer(row, in: sandbox))
        }
        guard let container = try? node.containers.find(row.id), container.phase.isLive else {
            return
        }
        if case .unrunnable = container.phase, sandbox.current.monitor != nil { return }
        if let known = known(row.id), known.exit == nil {
            try await findStarted(container)
            try await node.operations.inTurn(.changeLimits(id: container.id)) { [node] in
                try await LimitsChange(node: node, container: container).settle()
            }
        } else {
            await Watch(node: node, sandbox: sandbox).recoverExit(of: container)
        }
    }

    /// A daemon that died while it started the container did not store how that went; the runtime
    /// knows.
    private func findStarted(_ container: SandboxContainer) async throws {
        guard case .created = container.phase else { return }
        do {
            let state = try await node.runtime(of: sandbox).state(container.id)
            if state.status != .created {
                container.update { $0.phase.noteStarted(at: Clock.now()) }
            }
        } catch {
            // Created is what was answered; the kubelet tries the start again or makes another.
            node.log.error("recover container \(container.id): \(error)")
        }
    }

    /// What cannot be taken back now is listed as exited, so that it is removed.
    private func unmake(_ container: SandboxContainer) async {
        do {
            try await undo(container)
        } catch {
            node.log.error("recover container \(container.id): \(error)")
            node.containers.insert(container)
            await node.lifecycle.end(container) { _ in .notCreated(error) }
        }
    }

    /// The monitor may be at it still, so it gives up first.
    private func undo(_ container: SandboxContainer) async throws {
        await node.attempt("give up container \(container.id)") {
            try await container.sandbox.current.monitor?.giveUp(container.id)
        }
        try await node.lifecycle.erase(container)
        try await node.lifecycle.discard(container.id, container.sandbox)
        try await node.store.removeContainer(container.id)
    }
}
