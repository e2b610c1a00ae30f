internal import Image
internal import Model
internal import System

extension Node {
    /// What a container uses now; nil when it has exited.
    func stats(of container: SandboxContainer) async throws -> ContainerStats? {
        guard let pid = container.phase.pid, let usage = try await CgroupUsage.of(pid: pid) else {
            return nil
        }
        let now = Clock.now()
        return ContainerStats(
            attributes: ContainerAttributes(
                id: container.id, metadata: container.config.metadata,
                labels: container.config.labels, annotations: container.config.annotations),
            cpu: cpu(usage, container, now), memory: memory(usage, now),
            writableLayer: try await writableLayer(container, now))
    }

    /// The rate is that since somebody last asked; the first time there is none.
    private func cpu(
        _ usage: CgroupUsage, _ container: SandboxContainer, _ now: Int64
    ) -> CpuUsage {
        let rate = container.takeSample(time: now, usage: usage.cpu)
        return CpuUsage(
            timestamp: now, usageCoreNanoSeconds: UInt64Value(value: usage.cpu),
            usageNanoCores: rate.map { UInt64Value(value: $0) })
    }

    private func memory(_ usage: CgroupUsage, _ now: Int64) -> MemoryUsage {
        MemoryUsage(
            timestamp: now, workingSetBytes: UInt64Value(value: usage.workingSet),
            availableBytes: usage.memoryLimit.map {
                UInt64Value(value: $0 - min($0, usage.workingSet))
            },
            usageBytes: UInt64Value(value: usage.memory), rssBytes: UInt64Value(value: usage.rss),
            pageFaults: UInt64Value(value: usage.pageFaults),
            majorPageFaults: UInt64Value(value: usage.majorPageFaults))
    }

    private func writableLayer(
        _ container: SandboxContainer, _ now: Int64
    ) async throws -> FilesystemUsage {
        let used = try await rootFilesystems.usage(container.id)
        return FilesystemUsage(
            timestamp: now, fsId: FilesystemIdentifier(mountpoint: paths.root),
            usedBytes: UInt64Value(value: used.bytes), inodesUsed: UInt64Value(value: used.inodes))
    }
}

/// CPU time at one moment, in nanoseconds.
struct CPUSample: Sendable {
    let time: Int64
    let usage: UInt64
    /// Nanoseconds of CPU a second up to here; nil for the first sample.
    let rate: UInt64?

    /// The kernel counts in ticks of some milliseconds: over less than this, a rate says nothing.
    static let shortest: Int64 = 100_000_000
}

extension SandboxContainer {
    /// Notes a sample and returns the rate since the last one; soon after that, its rate stands.
    fileprivate func takeSample(time: Int64, usage: UInt64) -> UInt64? {
        update { state in
            guard let last = state.lastSample else {
                state.lastSample = CPUSample(time: time, usage: usage, rate: nil)
                return nil
            }
            let elapsed = time - last.time
            guard elapsed >= CPUSample.shortest, usage >= last.usage else { return last.rate }
            let rate = UInt64(Double(usage - last.usage) / Double(elapsed) * 1e9)
            state.lastSample = CPUSample(time: time, usage: usage, rate: rate)
            return rate
        }
    }
}
