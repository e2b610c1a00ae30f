internal import Image
internal import Model
internal import OCI
internal import System

/// What a container uses at one moment, as the kernel has it, or its shim.
struct Reading: Sendable {
    let container: SandboxContainer
    /// Nanoseconds since 1970.
    let time: Int64
    let usage: CgroupUsage
    /// nil where that of its process is none of its own.
    let cgroup: Cgroup?
    let layer: WritableUsage
    /// Bytes of swap that the node has.
    let nodeSwap: UInt64

    /// Where they cannot be listed, the kernel that has them counts threads with them.
    var processCount: UInt64 {
        cgroup == nil ? usage.threads ?? 0 : UInt64(clamping: usage.processes.count)
    }
}

extension Node {
    /// Those that have exited are left out.
    func readings(
        of containers: [SandboxContainer], _ parts: CgroupParts = [.pressure]
    ) async throws -> [Reading] {
        let asked = containers.compactMap { container in
            usageOfShim(container).map { (container: container, usage: $0) }
        }
        if asked.isEmpty { return try await cgroupReadings(of: containers, parts) }
        let usages = await shimUsages(asked)
        let hidden = asked.map(\.container)
        let ids = Set(hidden.map(\.id))
        let others = containers.filter { !ids.contains($0.id) }
        async let counted = cgroupReadings(of: others, parts)
        let told = try await Blocking.run { [rootFilesystems] in
            hidden.compactMap { container in
                usages[container.id].map { usage in
                    Reading(
                        container: container, time: Clock.now(), usage: usage, cgroup: nil,
                        layer: rootFilesystems.usageNow(container.id), nodeSwap: NodeSwap.total())
                }
            }
        }
        return try await counted + told
    }

    /// Reads them one after the other on one thread.
    private func cgroupReadings(
        of containers: [SandboxContainer], _ parts: CgroupParts
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

/// Containers that are processes of a kernel in their shim's sandbox: that alone knows what they use.
extension Node {
    private typealias Usage = @Sendable () async throws -> CgroupUsage?

    /// nil for a container whose processes are the node's, and for one that has none.
    private func usageOfShim(_ container: SandboxContainer) -> Usage? {
        guard container.phase.pid != nil, let runtime = try? runtime(of: container.sandbox),
            runtime.handler.hidesProcesses, let tasks = runtime.tasks
        else { return nil }
        return { try await tasks.usage(container.id) }
    }

    /// By the container's ID. All are asked at the same time; one that does not answer is left out.
    private func shimUsages(
        _ asked: [(container: SandboxContainer, usage: Usage)]
    ) async -> [String: CgroupUsage] {
        await withTaskGroup(of: (String, CgroupUsage?).self) { group in
            for (container, usage) in asked {
                group.addTask {
                    (container.id, try? await withDeadline(Self.usageLimit, "stats", usage))
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// The time that a shim may take to say what a container uses: others are not to wait for it.
    static let usageLimit = Duration.seconds(2)
}
