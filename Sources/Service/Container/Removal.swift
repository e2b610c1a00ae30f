internal import Image
internal import Model
internal import OCI
internal import Store
internal import System

/// Letting go of what a container held.
extension Lifecycle {
    /// Ends what has outlived the process that stood for a container: others where its PID namespace is not
    /// its own, and its init where that process was a monitor of the runtime's.
    func endRest(of container: SandboxContainer) async {
        await node.attempt("end the processes of container \(container.id)") {
            try await killRest(of: container, limit: Self.restLimit)
        }
    }

    /// By its cgroup: what a kernel of its own has there is a machine's, and where a plugin chose it others
    /// may be in it too.
    private func killRest(of container: SandboxContainer, limit: Duration) async throws {
        guard try !node.runtime(of: container.sandbox).handler.hidesProcesses,
            container.sharesProcesses || container.chosenCgroup == nil
        else { return }
        try await node.cgroup(of: container).kill(limit: limit)
    }

    /// Kills what is in the cgroup of a container whose runtime cannot.
    /// - Returns: false where there is none, others may be in it too, or another than its runtime tells of its
    ///   end.
    func killedByCgroup(_ container: SandboxContainer) async throws -> Bool {
        let runtime = try node.runtime(of: container.sandbox)
        guard Self.hasCgroupAlone(container, runtime) else { return false }
        let cgroup = node.cgroup(of: container)
        guard try await Blocking.run({ cgroup.isOccupied }) else { return false }
        try await cgroup.kill(limit: Self.killLimit)
        return true
    }

    /// Whether what is in its cgroup is the container's, and its processes the node's.
    private static func hasCgroupAlone(_ container: SandboxContainer, _ runtime: Runtime) -> Bool {
        runtime.tasks == nil && !runtime.handler.hidesProcesses && container.chosenCgroup == nil
    }

    /// An exit is told after that at the latest.
    private static let restLimit = Duration.seconds(2)

    /// Has the runtime delete its state and the cgroup of a container that has exited, once.
    func release(_ container: SandboxContainer) async throws {
        try await node.operations.join(.cleanUpContainer(id: container.id)) {
            guard !container.current.isReleased else { return }
            let runtime = try node.runtime(of: container.sandbox)
            try await killRest(of: container, limit: Self.killLimit)
            do {
                try await runtime.delete(container.id, force: false)
            } catch {
                // One whose creation or start failed half-way may have a process.
                try await runtime.delete(container.id, force: true)
            }
            // A runtime that was killed in its `create`, or has lost its state, knows nothing of what it has left.
            if container.phase.exit?.wasCreated == false
                || Self.hasCgroupAlone(container, runtime)
            {
                try await node.cgroup(of: container).remove()
            }
            failpoint("StopContainer/released")
            container.update { $0.isReleased = true }
        }
    }

    /// Removes a container and all that it had, killing it first when it runs.
    func remove(_ container: SandboxContainer) async throws {
        try await node.operations.join(.removeContainer(id: container.id)) {
            try await kill(container)
            try await node.operations.settle { $0 == .checkpointContainer(id: container.id) }
            failpoint("RemoveContainer/killed")
            try await release(container)
            failpoint("RemoveContainer/released")
            try await node.plugins.removed(container) {
                try await discard(container.id, container.sandbox)
                try await node.store.removeContainer(container.id)
                failpoint("RemoveContainer/row removed")
            }
            node.containers.remove(container.id)
            node.tell(.deletedEvent, of: container)
            try await node.removeUnused(container.details.layers)
            failpoint("RemoveContainer/layers removed")
        }
    }

    /// Removes what a container has on disk and in its monitor. Safe to repeat.
    func discard(_ id: String, _ sandbox: Sandbox) async throws {
        try await sandbox.current.monitor?.forgetExited(id)
        failpoint("RemoveContainer/forgotten")
        try await ImageVolumes(node: node, id: id, sandbox: sandbox).remove()
        failpoint("RemoveContainer/volumes removed")
        try await node.rootFilesystems.remove(id)
        failpoint("RemoveContainer/root file system removed")
        try await removeBundle(id)
        failpoint("RemoveContainer/bundle removed")
    }

    /// Removes what the runtime was given, and the volumes that are mounted there.
    func removeBundle(_ id: String) async throws {
        let bundle = node.paths.container(id).bundle
        try await MappedVolumes(bundle: bundle).remove()
        try await Trees.remove(bundle)
    }
}

extension SandboxContainer {
    /// Whether it was asked to be in the node's PID namespace.
    var sharesNodesProcesses: Bool {
        let own = config.linux?.securityContext?.namespaceOptions?.pid
        return own == .node || sandbox.namespaces.pid == .node && own != .container
    }

    /// Whether its processes are in a PID namespace that does not end with its first one.
    var sharesProcesses: Bool {
        let own = config.linux?.securityContext?.namespaceOptions?.pid
        return (own ?? sandbox.namespaces.pid) != .container
    }
}

extension Node {
    func cgroup(of container: SandboxContainer) -> CgroupRemains {
        CgroupRemains(cgroupDirectory(of: container))
    }

    /// Below each hierarchy's mount point: where a plugin had it put, or its pod's place.
    func cgroupDirectory(of container: SandboxContainer) -> String {
        container.chosenCgroup.map(CgroupPath.directory)
            ?? cgroupPath(container.sandbox).directory(container.id)
    }
}
