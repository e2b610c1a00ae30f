internal import Model
internal import OCI
internal import System

/// Ending what nobody follows any more.
extension Lifecycle {
    /// Kills all that runs of a container, and has the runtime forget it, however far its creation
    /// got and whatever has died. Safe to repeat.
    ///
    /// Without its monitor nobody would reap the container, write its log or tell its exit, and the
    /// kubelet is going to start another in its stead. A runtime that dies or fails halfway leaves no
    /// state that it would know again, but its cgroups, with what it has started in them.
    func erase(_ container: SandboxContainer) async throws {
        try await erase(container.id, in: container.sandbox, node.cgroup(of: container))
    }

    /// The same of an infra container.
    func eraseInfra(of sandbox: Sandbox) async throws {
        let remains = CgroupRemains(node.cgroupPath(sandbox).directory(sandbox.id))
        try await erase(sandbox.id, in: sandbox, remains)
    }

    private func erase(
        _ id: String, in sandbox: Sandbox, _ remains: CgroupRemains
    ) async throws {
        let runtime = try node.runtime(of: sandbox)
        if sandbox.lacksMonitor { try await StrayProcesses.endCreation(of: id) }
        do {
            // What has outlived its init keeps such a runtime from removing the cgroup.
            if runtime.tasks == nil, !runtime.handler.has(.killAll) { try await remains.kill() }
            try await runtime.delete(id, force: true)
        } catch {
            try await remains.remove()
            throw error
        }
        try await remains.remove()
    }
}

extension Sandbox {
    /// Whether its monitor is gone, or is known to be.
    fileprivate var lacksMonitor: Bool { current.monitor?.isGone ?? true }
}
