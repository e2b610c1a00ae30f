internal import Kernel
internal import Logging
internal import Model
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
    ///
    /// When it returns, all pods and containers are known. What needs other programs for it, as runtimes, shims and
    /// network plugins, is done by then too, unless it takes longer than `patience`: a program that hangs may
    /// wait for a pod that this very daemon is to start.
    /// - Parameter patience: nil: all is done when it returns.
    public func run(patience: Duration? = nil) async throws {
        await endOrphans()
        await emptyScratch()
        let rows = try await SoundRows(node).load()
        let remains = await Remains.find(node, known: rows)
        let containers = Dictionary(grouping: rows.containers, by: \.sandbox)
        let pods = try rows.sandboxes.map {
            try PodRecovery(node, $0, containers[$0.id] ?? [])
        }
        await pods.eachByItself { await $0.adopt() }
        let stray = strays(among: remains.monitors, of: pods)
        guard await isDone(within: patience, { await settle(pods, remains, stray) }) else { return }
        // Not later: what is being pulled is not needed by anything yet.
        await node.attempt("sweep layers") { try await node.sweepLayers() }
    }

    private func settle(
        _ pods: [PodRecovery], _ remains: Remains, _ strays: Set<String>
    ) async {
        await pods.eachByItself { await $0.settle() }
        await node.attempt("end monitors of no pod") {
            try await StrayProcesses.endMonitors(of: strays)
        }
        await Checkpoint.settle(remains.checkpoints, node)
        let sweep = OrphanSweep(node)
        await sweep.end(remains.orphans)
        await endStrayShims()
        // Plugins want the namespaces, and the containers gone.
        await sweepNetwork(keeping: Set(pods.map { Attachment.ID($0.id) }))
        failpoint("recovery/network swept")
        await sweep.remove(remains.orphans)
        failpoint("recovery/orphans removed")
        node.nursery.start { await checkNetworks() }
    }

    /// - Returns: whether it was done in time; it goes on in any case.
    private func isDone(
        within patience: Duration?, _ body: @escaping @Sendable () async -> Void
    ) async -> Bool {
        guard let patience else {
            await body()
            return true
        }
        let isDone = await node.nursery.start(waiting: patience, body)
        if !isDone {
            node.log.warning(
                "the start does not wait for the pods of before any longer than \(patience)")
        }
        return isDone
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

    /// Monitors that nobody can connect to, as their directory is gone or nothing is stored of their pod.
    /// What could not be recovered just now is left for the next start.
    private func strays(among monitors: Set<String>, of pods: [PodRecovery]) -> Set<String> {
        let left = pods.map(\.id).filter { id in
            guard let sandbox = node.sandboxes.all.first(where: { $0.id == id }) else {
                return true
            }
            return sandbox.current.monitor != nil
        }
        return monitors.subtracting(left.map { node.paths.pod($0).directory })
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
}

/// What there is at the start that no pod may own; what comes later is not among it.
private struct Remains: Sendable {
    var orphans: [Orphan] = []
    /// Pods' directories, by the arguments of their monitors.
    var monitors: Set<String> = []
    var checkpoints: [String] = []

    static func find(_ node: Node, known rows: SoundRows) async -> Remains {
        let search = OrphanSearch(
            paths: node.paths, runtimeRoots: node.handlers.roots,
            pods: Set(rows.sandboxes.map(\.id)), containers: Set(rows.containers.map(\.id)))
        let found = try? await Blocking.run { [paths = node.paths] in
            Remains(
                orphans: search.run(),
                monitors: (try? StrayProcesses.monitors(below: paths.pods)) ?? [],
                checkpoints: (try? Files.list(paths.checkpoints)) ?? [])
        }
        return found ?? Remains()
    }
}

extension Array where Element: Sendable {
    /// Side by side, so that one that waits keeps no other from it.
    func eachByItself(_ body: @escaping @Sendable (Element) async -> Void) async {
        // What cannot throw does not.
        try? await concurrently(atMost: 16) { await body($0) }
    }
}
