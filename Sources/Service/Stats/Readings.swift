internal import Image
internal import Model
internal import System

/// What a container uses at one moment, as the kernel has it.
struct Reading: Sendable {
    let container: SandboxContainer
    /// Nanoseconds since 1970.
    let time: Int64
    let usage: CgroupUsage
    let cgroup: Cgroup
    let layer: WritableUsage
    /// Bytes of swap that the node has.
    let nodeSwap: UInt64
}

extension Node {
    /// Reads them one after the other on one thread. Those that have exited are left out.
    func readings(
        of containers: [SandboxContainer], _ parts: CgroupParts = [.pressure]
    ) async throws -> [Reading] {
        try await Blocking.run { [rootFilesystems] in
            let nodeSwap = NodeSwap.total()
            return containers.compactMap { container in
                guard let pid = container.phase.pid,
                    let cgroup = container.usageNotes.cgroup(pid: pid),
                    let usage = CgroupUsage.read(cgroup, parts)
                else { return nil }
                return Reading(
                    container: container, time: Clock.now(), usage: usage, cgroup: cgroup,
                    layer: rootFilesystems.usageNow(container.id), nodeSwap: nodeSwap)
            }
        }
    }
}
