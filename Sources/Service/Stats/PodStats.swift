internal import Model
internal import System

/// PodSandboxStats; its type has another name because the message took this one.
struct GetPodSandboxStats: RPC {
    let node: Node

    func respond(to request: PodSandboxStatsRequest) async throws -> PodSandboxStatsResponse {
        let sandbox = try node.sandboxes.get(request.podSandboxId)
        return PodSandboxStatsResponse(stats: try await node.stats(of: sandbox))
    }
}

struct ListPodSandboxStats: RPC {
    let node: Node

    func respond(
        to request: ListPodSandboxStatsRequest
    ) async throws -> ListPodSandboxStatsResponse {
        let filter = request.filter ?? PodSandboxStatsFilter()
        var response = ListPodSandboxStatsResponse()
        for sandbox in node.sandboxes.all where filter.admits(sandbox) {
            response.stats.append(try await node.stats(of: sandbox))
        }
        return response
    }
}

extension PodSandboxStatsFilter {
    /// All that is given must fit. A pod that is not ready uses nothing and is left out.
    fileprivate func admits(_ sandbox: Sandbox) -> Bool {
        sandbox.phase == .ready && sandbox.id.hasPrefix(id)
            && sandbox.config.labels.contains(all: labelSelector)
    }
}

extension Node {
    /// What a pod uses now: the sum of its containers, and its network.
    func stats(of sandbox: Sandbox) async throws -> PodSandboxStats {
        var all: [ContainerStats] = []
        for container in containers(of: sandbox) {
            if let stats = try await stats(of: container) { all.append(stats) }
        }
        let now = Clock.now()
        return PodSandboxStats(
            attributes: PodSandboxAttributes(
                id: sandbox.id, metadata: sandbox.config.metadata, labels: sandbox.config.labels,
                annotations: sandbox.config.annotations),
            linux: LinuxPodSandboxStats(
                cpu: .sum(all.compactMap(\.cpu), now), memory: .sum(all.compactMap(\.memory), now),
                network: try await networkUsage(sandbox, now), containers: all))
    }

    /// A pod on the node's network has no figures of its own.
    private func networkUsage(_ sandbox: Sandbox, _ now: Int64) async throws -> NetworkUsage? {
        guard !sandbox.usesHostNetwork, sandbox.phase == .ready else { return nil }
        let path = paths.pod(sandbox.id).namespace("net")
        let interfaces = try await NetworkCounters.read(namespace: path).map {
            NetworkInterfaceUsage(
                name: $0.interface, rxBytes: UInt64Value(value: $0.receivedBytes),
                rxErrors: UInt64Value(value: $0.receiveErrors),
                txBytes: UInt64Value(value: $0.sentBytes),
                txErrors: UInt64Value(value: $0.sendErrors))
        }
        return NetworkUsage(
            timestamp: now, defaultInterface: interfaces.first { $0.name == "eth0" },
            interfaces: interfaces.filter { $0.name != "eth0" && $0.name != "lo" })
    }
}

extension CpuUsage {
    fileprivate static func sum(_ usages: [CpuUsage], _ now: Int64) -> CpuUsage {
        CpuUsage(
            timestamp: now, usageCoreNanoSeconds: usages.total(\.usageCoreNanoSeconds),
            usageNanoCores: usages.total(\.usageNanoCores))
    }
}

extension MemoryUsage {
    fileprivate static func sum(_ usages: [MemoryUsage], _ now: Int64) -> MemoryUsage {
        MemoryUsage(
            timestamp: now, workingSetBytes: usages.total(\.workingSetBytes),
            usageBytes: usages.total(\.usageBytes), rssBytes: usages.total(\.rssBytes),
            pageFaults: usages.total(\.pageFaults),
            majorPageFaults: usages.total(\.majorPageFaults))
    }
}

extension Array {
    fileprivate func total(_ field: (Element) -> UInt64Value?) -> UInt64Value {
        UInt64Value(value: reduce(0) { $0 + (field($1)?.value ?? 0) })
    }
}
