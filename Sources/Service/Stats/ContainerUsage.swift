internal import Image
internal import Model
internal import System

extension Reading {
    /// The reading as the CRI tells it.
    func stats(fsId: String) -> ContainerStats {
        ContainerStats(
            attributes: ContainerAttributes(
                id: container.id, metadata: container.config.metadata,
                labels: container.config.labels, annotations: container.config.annotations),
            cpu: cpu, memory: memory, writableLayer: writableLayer(fsId: fsId), swap: swap,
            io: usage.ioPressure.map { IoUsage(timestamp: time, psi: PsiStats($0)) })
    }

    private var cpu: CpuUsage {
        var start: Int64?
        if case .running(_, let since) = container.phase { start = since }
        let rate = container.usageNotes.rate(usage: usage.cpu.usage, at: time, since: start)
        return CpuUsage(
            timestamp: time, usageCoreNanoSeconds: UInt64Value(value: usage.cpu.usage),
            usageNanoCores: rate.map { UInt64Value(value: $0) },
            psi: usage.cpu.pressure.map { PsiStats($0) })
    }

    private var memory: MemoryUsage { MemoryUsage(usage.memory, time) }

    /// Without a limit of its own a container may use what the node has.
    private var swap: SwapUsage {
        let memory = usage.memory
        let limit = min(memory.swapLimit ?? .max, nodeSwap)
        return SwapUsage(
            timestamp: time,
            swapAvailableBytes: UInt64Value(value: limit - min(limit, memory.swap)),
            swapUsageBytes: UInt64Value(value: memory.swap))
    }

    private func writableLayer(fsId: String) -> FilesystemUsage {
        FilesystemUsage(
            timestamp: layer.measuredAt, fsId: FilesystemIdentifier(mountpoint: fsId),
            usedBytes: UInt64Value(value: layer.bytes),
            inodesUsed: UInt64Value(value: layer.inodes))
    }
}

extension MemoryUsage {
    init(_ memory: CgroupUsage.Memory, _ time: Int64) {
        self.init(
            timestamp: time, workingSetBytes: UInt64Value(value: memory.workingSet),
            availableBytes: memory.limit.map {
                UInt64Value(value: $0 - min($0, memory.workingSet))
            },
            usageBytes: UInt64Value(value: memory.usage),
            rssBytes: UInt64Value(value: memory.rss),
            pageFaults: UInt64Value(value: memory.faultsBelow.all),
            majorPageFaults: UInt64Value(value: memory.faultsBelow.major),
            psi: memory.pressure.map { PsiStats($0) })
    }
}

extension PsiStats {
    init(_ pressure: Pressure) {
        self.init(full: PsiData(pressure.full), some: PsiData(pressure.some))
    }
}

extension PsiData {
    fileprivate init(_ level: Pressure.Level) {
        self.init(
            total: level.total, avg10: level.average10, avg60: level.average60,
            avg300: level.average300)
    }
}
