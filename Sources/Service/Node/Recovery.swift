internal import CRI
internal import Image
internal import Logging
internal import Model
internal import MonitorProtocol
internal import Network
internal import OCI
internal import Shim
internal import Store
internal import System
internal import Text

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
        let rows = try await SoundRows(node).load()
        let containers = Dictionary(grouping: rows.containers, by: \.sandbox)
        for row in rows.sandboxes {
            await node.attempt("recover sandbox \(row.id)") {
                try await recover(row, containers[row.id] ?? [])
            }
        }
        await endStrayMonitors(rows)
        await Checkpoint.settleAll(node)
        let sweep = OrphanSweep(node, known: rows)
        let orphans = await sweep.find()
        await sweep.end(orphans)
        await endStrayShims()
        // Plugins want the namespaces, and the containers gone.
        await sweepNetwork(keeping: Set(rows.sandboxes.map { Attachment.ID($0.id) }))
        failpoint("recovery/network swept")
        await sweep.remove(orphans)
        failpoint("recovery/orphans removed")
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

    /// A monitor that nobody can connect to, as its directory is gone or nothing is stored of its pod.
    /// What could not be recovered just now is left for the next start.
    private func endStrayMonitors(_ rows: SoundRows) async {
        let left = rows.sandboxes.map(\.id).filter { id in
            guard let sandbox = node.sandboxes.all.first(where: { $0.id == id }) else {
                return true
            }
            return sandbox.current.monitor != nil
        }
        await node.attempt("end monitors of no pod") {
            try await StrayProcesses.endMonitors(
                below: node.paths.pods, but: Set(left.map { node.paths.pod($0).directory }))
        }
    }

    /// Those whose records have gone with the run directory: nobody could find them any more.
    private func endStrayShims() async {
        guard node.handlers.working.contains(where: { $0.shim != nil }) else { return }
        await node.attempt("end shims of no pod") {
            try await Orphans.end { [paths = node.paths] program in
                guard let shim = ShimProgram.shim(by: program.arguments),
                    let pod = paths.pod(ofShimEvents: shim.events)
                else { return false }
                if !ShimRecord.exists(in: paths.pod(pod).shimBundle) { return true }
                guard let id = shim.id, !id.isSame(as: pod), !id.has("/") else { return false }
                return !ShimRecord.exists(in: paths.container(id).bundle)
            }
        }
    }

    /// Gives back the addresses of pods that nobody knows any more.
    private func sweepNetwork(keeping known: Set<Attachment.ID>) async {
        for error in await node.network.collectGarbage(keeping: known) {
            node.log.warning("sweep the network: \(error)")
        }
    }

    private func recover(_ row: SandboxRow, _ rows: [ContainerRow]) async throws {
        let sandbox = try Sandbox(row)
        failpoint("recovery/sandbox read")
        let resources = SandboxResources(node: node, sandbox: sandbox)
        let followed = try await FollowedMonitor.find(node, resources.paths.directory)
        let (monitor, known) = (followed?.monitor, followed?.containers ?? [])
        sandbox.update { $0.monitor = monitor }
        node.sandboxes.insert(sandbox)
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
        let made = try await SandboxResources(node: node, sandbox: sandbox).recoverSandbox()
        sandbox.update { $0.infraPid = infra?.pid ?? made?.process }
        let isAlive =
            sandbox.current.monitor != nil && infra?.exit == nil && made?.isAlive != false
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
        if case .unrunnable = container.phase, sandbox.current.monitor != nil { return }
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
        try await node.lifecycle.erase(container)
        try await node.lifecycle.discard(container.id, container.sandbox)
        try await node.store.removeContainer(container.id)
    }
}
