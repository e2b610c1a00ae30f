internal import Image
internal import Kernel
internal import Logging
internal import Model
internal import OCI
internal import Shim
internal import Store
internal import System
internal import Text

/// Ends and removes what belongs to pods and containers that nobody knew at the start. A killed daemon
/// leaves little of that, a lost database all there was.
struct OrphanSweep: Sendable {
    let node: Node

    init(_ node: Node) {
        self.node = node
    }

    /// Ends all that runs of them. Their monitors are gone by now, so nothing is made meanwhile.
    func end(_ orphans: [Orphan]) async {
        for orphan in orphans where orphan.kind == .pod {
            node.log.warning("removing pod \(orphan.id), of which nothing is stored")
        }
        // Shims know containers as long as their pod's own is there.
        let pods = orphans.filter { $0.kind == .pod }
        for group in [orphans.filter { $0.kind != .pod }, pods] {
            // What there is of one is ended in turn.
            await Array(Dictionary(grouping: group, by: \.id).values).eachByItself { orphans in
                for orphan in orphans { await attempt(orphan) { try await end(orphan) } }
            }
        }
    }

    private func end(_ orphan: Orphan) async throws {
        switch orphan.kind {
        case .pod:
            let pod = node.paths.pod(orphan.id)
            let isShims = Files.exists(pod.shimBundle)
            try await end(orphan.id, bundle: isShims ? pod.shimBundle : pod.bundle)
            if let cgroup = try? Files.readText(pod.cgroup) {
                try await CgroupRemains(cgroup).remove()
            }
        case .cgroup: try await CgroupRemains(orphan.path).remove()
        case .state: try await end(orphan.id, bundle: nil)
        case .container:
            let container = ImageVolumes.container(of: orphan.id)
            guard container == orphan.id else { return }
            try await end(container, bundle: node.paths.container(container).bundle)
        }
    }

    /// Unmounts and removes their directories.
    func remove(_ orphans: [Orphan]) async {
        for orphan in orphans { await attempt(orphan) { try await remove(orphan) } }
    }

    private func remove(_ orphan: Orphan) async throws {
        switch orphan.kind {
        case .cgroup, .state: break
        case .container:
            try await node.rootFilesystems.remove(orphan.id)
            try await node.lifecycle.removeBundle(orphan.id)
        case .pod:
            for name in (try? Files.list("\(orphan.path)/ns")) ?? [] {
                try await Mounts.unmount("\(orphan.path)/ns/\(name)")
            }
            try await Mounts.unmount(node.paths.pod(orphan.id).sharedMemory)
            try await Trees.remove(orphan.path)
        }
    }

    private func attempt(_ orphan: Orphan, _ body: () async throws -> Void) async {
        await node.attempt("remove the orphan \(orphan.path)", body)
    }

    /// Kills what runs of a container and has the runtimes forget it. Which one made it is not known,
    /// but one that knows it has a state that leads to our directories.
    private func end(_ id: String, bundle: String?) async throws {
        try await StrayProcesses.endCreation(of: id)
        if let bundle, let record = try await ShimRecord.read(in: bundle) {
            try await end(id, record)
        }
        for handler in node.handlers.working where handler.shim == nil {
            guard await isOurs(id, handler.runtime) else { continue }
            await node.attempt("delete the orphan \(id)") {
                try await handler.runtime.delete(id, force: true)
            }
        }
        if let bundle, let spec = try? await Bundle(bundle).read(),
            let path = spec.linux.cgroupsPath
        {
            try await CgroupRemains(CgroupPath.directory(ofSpec: path)).remove()
        }
    }

    private func end(_ id: String, _ record: ShimRecord) async throws {
        let shims = node.handlers.working.compactMap(\.shim)
        guard let shim = shims.first(where: { $0.program.path == record.program }) else { return }
        try await node.tasks(shim, of: record.sandbox).delete(id, force: true)
    }

    private func isOurs(_ id: String, _ runtime: Runtime) async -> Bool {
        let state = try? await runtime.state(id)
        return state?.bundle.begins(with: "\(node.paths.runRoot)/") ?? false
    }
}
