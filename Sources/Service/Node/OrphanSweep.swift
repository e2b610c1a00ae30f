internal import Image
internal import Kernel
internal import Logging
internal import Model
internal import OCI
internal import Store
internal import System

/// At the start, before anything new is made: ends and removes what belongs to pods and containers
/// that nobody knows. A killed daemon leaves little of that, a lost database all there was.
struct OrphanSweep: Sendable {
    let node: Node
    private let known: SoundRows

    init(_ node: Node, known: SoundRows) {
        self.node = node
        self.known = known
    }

    /// What is one's own fault keeps nothing else from going.
    func run() async {
        let search = OrphanSearch(
            paths: node.paths, runtimeRoots: node.handlers.roots,
            pods: Set(known.sandboxes.map(\.id)), containers: Set(known.containers.map(\.id)))
        guard let orphans = try? await Blocking.run({ search.run() }), !orphans.isEmpty else {
            return
        }
        // Monitors first: they must not go on to make what is being removed.
        for orphan in orphans where orphan.kind == .pod {
            await attempt(orphan) { try await StrayProcesses.endMonitor(of: orphan.path) }
        }
        for orphan in orphans where orphan.kind != .pod {
            await attempt(orphan) { try await remove(orphan) }
        }
        for orphan in orphans where orphan.kind == .pod {
            await attempt(orphan) { try await removePod(orphan) }
        }
    }

    private func attempt(_ orphan: Orphan, _ body: () async throws -> Void) async {
        await node.attempt("remove the orphan \(orphan.path)", body)
    }

    private func remove(_ orphan: Orphan) async throws {
        switch orphan.kind {
        case .pod: break
        case .cgroup: try await CgroupRemains(orphan.path).remove()
        case .state: try await end(orphan.id, bundle: nil)
        case .container:
            node.log.notice("removing \(orphan.path), of which nothing is stored")
            let container = ImageVolumes.container(of: orphan.id)
            let bundle = node.paths.container(container).bundle
            if container == orphan.id { try await end(container, bundle: bundle) }
            try await node.rootFilesystems.remove(orphan.id)
            try await node.lifecycle.removeBundle(orphan.id)
        }
    }

    private func removePod(_ orphan: Orphan) async throws {
        node.log.warning("removing pod \(orphan.id), of which nothing is stored")
        let pod = node.paths.pod(orphan.id)
        try await end(orphan.id, bundle: pod.bundle)
        for name in (try? Files.list("\(orphan.path)/ns")) ?? [] {
            try await Mounts.unmount("\(orphan.path)/ns/\(name)")
        }
        try await Mounts.unmount(pod.sharedMemory)
        try await Trees.remove(orphan.path)
    }

    /// Kills what runs of a container and has the runtimes forget it. Which one made it is not known,
    /// but one that knows it has a state that leads to our directories.
    private func end(_ id: String, bundle: String?) async throws {
        try await StrayProcesses.endCreation(of: id)
        for handler in node.handlers.working {
            guard await isOurs(id, handler.runtime) else { continue }
            try await handler.runtime.delete(id, force: true)
        }
        if let bundle, let spec = try? await Bundle(bundle).read(), let path = spec.linux.cgroupsPath
        {
            try await CgroupRemains(CgroupPath.directory(ofSpec: path)).remove()
        }
    }

    private func isOurs(_ id: String, _ runtime: Runtime) async -> Bool {
        let state = try? await runtime.state(id)
        return state?.bundle.hasPrefix("\(node.paths.runRoot)/") ?? false
    }
}
