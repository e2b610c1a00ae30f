internal import Kernel
internal import Model
internal import System
internal import Text

/// PodSandboxStats; its type has another name because the message took this one.
struct GetPodSandboxStats: RPC {
    let node: Node

    func respond(to request: PodSandboxStatsRequest) async throws -> PodSandboxStatsResponse {
        let sandbox = try node.sandboxes.get(request.podSandboxId)
        return PodSandboxStatsResponse(stats: try await node.podStats([sandbox]).first)
    }
}

struct ListPodSandboxStats: RPC {
    let node: Node

    func respond(
        to request: ListPodSandboxStatsRequest
    ) async throws -> ListPodSandboxStatsResponse {
        let filter = request.filter ?? PodSandboxStatsFilter()
        let admitted = node.sandboxes.all.filter { filter.admits($0) }
        return ListPodSandboxStatsResponse(stats: try await node.podStats(admitted))
    }
}

extension PodSandboxStatsFilter {
    /// All that is given must fit. A pod that is not ready uses nothing and is left out.
    fileprivate func admits(_ sandbox: Sandbox) -> Bool {
        sandbox.phase == .ready && sandbox.id.begins(with: id)
            && sandbox.config.labels.contains(all: labelSelector)
    }
}

extension Node {
    /// What each of the pods uses now.
    fileprivate func podStats(_ sandboxes: [Sandbox]) async throws -> [PodSandboxStats] {
        let ids = Set(sandboxes.map(\.id))
        let members = containers.all.filter { ids.contains($0.sandbox.id) }
        let readings = Dictionary(
            grouping: try await readings(of: members, [.pressure, .processes]),
            by: \.container.sandbox.id)
        let pressures = try await podPressures(readings)
        let networks = await networkCounters(of: sandboxes)
        let wholes = await sandboxUsages(of: sandboxes)
        return sandboxes.map { sandbox in
            sandbox.stats(
                readings[sandbox.id] ?? [], networks[sandbox.id], pressures[sandbox.id],
                wholes[sandbox.id], fsId: paths.root)
        }
    }

    /// By the pod's ID. Waits do not add up, so they are those of the pod's own cgroup, where the
    /// kubelet has made one.
    private func podPressures(
        _ readings: [String: [Reading]]
    ) async throws -> [String: CgroupUsage] {
        let cgroups = readings.compactMapValues { readings -> Cgroup? in
            guard let first = readings.first else { return nil }
            let parent = first.container.sandbox.config.linux?.cgroupParent ?? ""
            return parent.isEmpty ? nil : first.cgroup?.parent
        }
        return try await Blocking.run { cgroups.mapValues { CgroupUsage.pressure(of: $0) } }
    }

    /// By the pod's ID. A pod on the node's network has no figures of its own; what a pod says to itself
    /// is none of its network's, as in cAdvisor.
    func networkCounters(of sandboxes: [Sandbox]) async -> [String: [NetworkCounters]] {
        let own = sandboxes.filter { !$0.usesHostNetwork && $0.phase == .ready }
        let counters = await NetworkCounters.read(
            namespaces: own.map { paths.pod($0.id).namespace("net") })
        return Dictionary(
            zip(own, counters).compactMap { sandbox, counters in
                counters.map { (sandbox.id, $0.filter { $0.interface != "lo" }) }
            }, uniquingKeysWith: { $1 })
    }
}

extension Sandbox {
    /// The sum of its containers, and its network.
    /// - Parameter whole: what the sandbox itself uses, where that is more than its containers and is told.
    fileprivate func stats(
        _ readings: [Reading], _ network: [NetworkCounters]?, _ pressure: CgroupUsage?,
        _ whole: CgroupUsage?, fsId: String
    ) -> PodSandboxStats {
        let all = readings.map { $0.stats(fsId: fsId) }
        let now = Clock.now()
        let processes = readings.map(\.processCount).total
        var cpu = CpuUsage.sum(all.compactMap(\.cpu), now)
        if let used = whole?.cpu.usage {
            cpu.usageCoreNanoSeconds = UInt64Value(value: used)
            cpu.usageNanoCores = usageNotes.rate(usage: used, at: now, since: createdAt)
                .map { UInt64Value(value: $0) }
        }
        cpu.psi = pressure?.cpu.pressure.map { PsiStats($0) }
        var memory =
            whole.map { MemoryUsage($0.memory, now) }
            ?? MemoryUsage.sum(all.compactMap(\.memory), now)
        memory.psi = pressure?.memory.pressure.map { PsiStats($0) }
        return PodSandboxStats(
            attributes: PodSandboxAttributes(
                id: id, metadata: config.metadata, labels: config.labels,
                annotations: config.annotations),
            linux: LinuxPodSandboxStats(
                cpu: cpu, memory: memory, network: network.map { NetworkUsage($0, now) },
                process: ProcessUsage(
                    timestamp: now, processCount: UInt64Value(value: processes)),
                containers: all,
                io: pressure?.ioPressure.map { IoUsage(timestamp: now, psi: PsiStats($0)) }))
    }
}
