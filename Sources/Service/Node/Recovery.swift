internal import CRI
internal import Image
internal import Logging
internal import Model
internal import MonitorProtocol
internal import Network
internal import OCI
internal import Store
internal import System

/// Brings what is stored and what is there together, after the daemon or the node was restarted.
public struct Recovery: Sendable {
    let node: Node

    public init(_ node: Node) {
        self.node = node
    }

    /// Nothing that goes wrong with one pod keeps the others from coming back.
    public func run() async throws {
        await endOrphans()
        await emptyScratch()
        let containers = Dictionary(grouping: try await node.store.containers(), by: \.sandbox)
        for row in try await node.store.sandboxes() {
            await node.attempt("recover sandbox \(row.id)") {
                try await recover(row, containers[row.id] ?? [])
            }
        }
        await sweepNetwork()
        failpoint("recovery/network swept")
        await node.attempt("sweep root file systems") { try await sweepRootFilesystems() }
        failpoint("recovery/root file systems swept")
        await node.attempt("sweep layers") { try await node.sweepLayers() }
        node.nursery.start { await checkNetworks() }
    }

    /// Whether the pods' networks still are as they were left. What is not is only told of: whether
    /// a pod can go on is for its probes to say.
    private func checkNetworks() async {
        for sandbox in node.sandboxes.all where sandbox.phase == .ready {
            if node.isShuttingDown { return }
            if sandbox.usesHostNetwork { continue }
            let namespace = node.paths.pod(sandbox.id).namespace("net")
            do {
                try await node.network.check(Attachment(sandbox, namespacePath: namespace))
            } catch {
                if sandbox.phase == .ready { node.log.warning("\(error)") }
            }
        }
    }

    /// A root file system is made before its container is stored, since the container's user is
    /// looked up in it. One without a container is what a killed daemon left.
    private func sweepRootFilesystems() async throws {
        let known = Set(node.containers.all.map(\.id))
        for name in try await node.rootFilesystemNames() {
            guard !known.contains(ImageVolumes.container(of: name)) else { continue }
            try await node.rootFilesystems.remove(name)
            try await node.lifecycle.removeBundle(name)
        }
    }

    /// Gives back the addresses of pods that nobody knows any more.
    private func sweepNetwork() async {
        let known = Set(node.sandboxes.all.map { Attachment.ID($0.id) })
        for error in await node.network.collectGarbage(keeping: known) {
            node.log.warning("sweep the network: \(error)")
        }
    }

    private func recover(_ row: SandboxRow, _ rows: [ContainerRow]) async throws {
        let sandbox = try Sandbox(row)
        failpoint("recovery/sandbox read")
        let resources = SandboxResources(node: node, sandbox: sandbox)
        let monitor = try await Monitor.connect(directory: resources.paths.directory)
        sandbox.update { $0.monitor = monitor }
        node.sandboxes.insert(sandbox)
        if let monitor { node.nursery.start { await monitor.run() } }
        let known = try await monitor?.containers() ?? []
        for row in rows {
            await node.attempt("recover container \(row.id)") {
                try await recover(row, in: sandbox, known.first { $0.container == row.id })
            }
            failpoint("recovery/container recovered")
        }
        if let monitor {
            node.nursery.start { await Watch(node: node, sandbox: sandbox).run(monitor) }
        }
        try await settle(sandbox, infra: known.first { $0.container == sandbox.id })
        failpoint("recovery/sandbox recovered")
    }

    /// A pod that was being made is unmade: its caller never had its ID. One without a monitor has
    /// been through a reboot or worse, and is stopped, so that the kubelet makes a new one.
    private func settle(_ sandbox: Sandbox, infra: MonitoredContainer?) async throws {
        sandbox.update { $0.infraPid = infra?.pid }
        let isAlive = sandbox.current.monitor != nil && infra?.exit == nil
        switch sandbox.phase {
        case .creating:
            sandbox.update { $0.phase = .stopping }
            _ = try await RemovePodSandbox(node: node).respond(
                to: RemovePodSandboxRequest(podSandboxId: sandbox.id))
        case .ready where !isAlive:
            sandbox.update { $0.phase = .stopping }
            await node.persist(sandbox)
        case .ready, .stopping, .stopped: break
        }
    }

    private func recover(
        _ row: ContainerRow, in sandbox: Sandbox, _ known: MonitoredContainer?
    ) async throws {
        let container = try SandboxContainer(row, in: sandbox)
        if row.phase == ContainerPhase.creating.name { return await unmake(container) }
        node.containers.insert(container)
        guard container.phase.exit == nil else { return }
        let startedAt = try ContainerStatus.decode(row.status).startedAt
        if let known, known.exit == nil {
            let phase = try await phase(of: container, pid: known.pid, startedAt)
            container.update { $0.phase = phase }
            try await LimitsChange(node: node, container: container).settle()
        } else {
            let watch = Watch(node: node, sandbox: sandbox)
            await watch.recoverExit(of: container, startedAt: startedAt)
        }
    }

    /// A daemon that died while it started the container did not store how that went; the runtime
    /// knows.
    private func phase(
        of container: SandboxContainer, pid: Int32, _ startedAt: Int64
    ) async throws -> ContainerPhase {
        if startedAt > 0 { return .running(pid: pid, since: startedAt) }
        do {
            let state = try await node.runtime(of: container.sandbox).state(container.id)
            if state.status != .created { return .running(pid: pid, since: Clock.now()) }
        } catch {
            // Created is what was answered; the kubelet tries the start again or makes another.
            node.log.error("recover container \(container.id): \(error)")
        }
        return .created(pid: pid)
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
        try await node.runtime(of: container.sandbox).delete(container.id, force: true)
        try await node.lifecycle.discard(container.id, container.sandbox)
        try await node.store.removeContainer(container.id)
    }
}
