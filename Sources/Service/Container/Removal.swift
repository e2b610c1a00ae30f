internal import Image
internal import Model
internal import OCI
internal import Store
internal import System

/// Letting go of what a container held.
extension Lifecycle {
    /// Has the runtime delete its state and the cgroup of a container that has exited, once.
    func release(_ container: SandboxContainer) async throws {
        try await node.operations.join(.cleanUpContainer(id: container.id)) {
            guard !container.current.isReleased else { return }
            try await node.runtime(of: container.sandbox).delete(container.id, force: false)
            container.update { $0.isReleased = true }
        }
    }

    /// Removes a container and all that it had, killing it first when it runs.
    func remove(_ container: SandboxContainer) async throws {
        try await node.operations.join(.removeContainer(id: container.id)) {
            try await kill(container)
            try await release(container)
            try await discard(container.id, container.sandbox)
            try await node.store.removeContainer(container.id)
            node.containers.remove(container.id)
            node.tell(.deletedEvent, of: container)
            try await node.removeUnused(container.details.layers)
        }
    }

    /// Removes what a container has on disk and in its monitor. Safe to repeat.
    func discard(_ id: String, _ sandbox: Sandbox) async throws {
        try await sandbox.current.monitor?.forgetExited(id)
        try await ImageVolumes(node: node, id: id).remove()
        try await node.rootFilesystems.remove(id)
        try await removeBundle(id)
    }

    /// Removes what the runtime was given, and the volumes that are mounted there.
    func removeBundle(_ id: String) async throws {
        let bundle = node.paths.container(id).bundle
        try await MappedVolumes(bundle: bundle).remove()
        try await Trees.remove(bundle)
    }
}
