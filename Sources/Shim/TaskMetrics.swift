internal import Kernel
internal import Model
internal import Protobuf
public import System
internal import Text

extension CgroupUsage {
    /// What a shim says that a task uses.
    /// - Returns: nil for a message of a kind that is not known.
    public init?(_ metrics: TypedMessage) throws {
        // Some put a host before the name, as google.protobuf.Any has it.
        switch metrics.typeUrl.split(at: "/").last {
        case "io.containerd.cgroups.v1.Metrics": self.init(first: try Codec.decode(metrics.value))
        case "io.containerd.cgroups.v2.Metrics": self.init(second: try Codec.decode(metrics.value))
        default: return nil
        }
    }

    private init(first metrics: MetricsV1) {
        self.init()
        if let found = metrics.cpu { cpu.read(found) }
        if let found = metrics.memory { memory.read(found) }
        memory.kills = metrics.memoryOomControl?.oomKill ?? 0
        read(metrics.pids)
    }

    private init(second metrics: MetricsV2) {
        self.init()
        if let found = metrics.cpu { cpu.read(found) }
        if let found = metrics.memory { memory.read(found) }
        memory.failures = metrics.memoryEvents?.max ?? 0
        memory.kills = metrics.memoryEvents?.oomKill ?? 0
        read(metrics.pids)
    }

    private mutating func read(_ pids: PidsMetrics?) {
        threads = pids?.current
        threadLimit = pids.flatMap { $0.limit == 0 ? nil : $0.limit }
    }

    /// cgroup v1 writes the greatest number of whole pages for no limit, v2 the greatest number.
    fileprivate static func limit(_ bytes: UInt64?) -> UInt64? {
        bytes.flatMap { (1..<1 << 62).contains($0) ? $0 : nil }
    }
}

extension CgroupUsage.CPU {
    fileprivate mutating func read(_ metrics: CPUMetricsV1) {
        usage = metrics.usage?.total ?? 0
        user = metrics.usage?.user ?? 0
        system = metrics.usage?.kernel ?? 0
        periods = metrics.throttling?.periods ?? 0
        throttledPeriods = metrics.throttling?.throttledPeriods ?? 0
        throttledTime = metrics.throttling?.throttledTime ?? 0
    }

    fileprivate mutating func read(_ metrics: CPUMetricsV2) {
        usage = metrics.usageUsec.times(1000)
        user = metrics.userUsec.times(1000)
        system = metrics.systemUsec.times(1000)
        periods = metrics.nrPeriods
        throttledPeriods = metrics.nrThrottled
        throttledTime = metrics.throttledUsec.times(1000)
    }
}

extension CgroupUsage.Memory {
    fileprivate mutating func read(_ metrics: MemoryMetricsV1) {
        usage = metrics.usage?.usage ?? 0
        limit = CgroupUsage.limit(metrics.usage?.limit)
        highest = metrics.usage?.max ?? 0
        failures = metrics.usage?.failcnt ?? 0
        // Without cgroups below its own, a shim may tell of that one alone.
        cache = max(metrics.cache, metrics.totalCache)
        rss = max(metrics.rss, metrics.totalRss)
        mappedFile = max(metrics.mappedFile, metrics.totalMappedFile)
        activeFile = max(metrics.activeFile, metrics.totalActiveFile)
        inactiveFile = max(metrics.inactiveFile, metrics.totalInactiveFile)
        kernel = metrics.kernel?.usage ?? 0
        // With memory, of which it has no less.
        swap = (metrics.swap?.usage ?? 0).minus(usage)
        kernelSwapLimit = CgroupUsage.limit(metrics.swap?.limit)
        swapLimit = kernelSwapLimit.flatMap { both in limit.map { both.minus($0) } }
        faults.all = metrics.pgFault
        faults.major = metrics.pgMajFault
        faultsBelow.all = max(metrics.pgFault, metrics.totalPgFault)
        faultsBelow.major = max(metrics.pgMajFault, metrics.totalPgMajFault)
    }

    fileprivate mutating func read(_ metrics: MemoryMetricsV2) {
        usage = metrics.usage
        limit = CgroupUsage.limit(metrics.usageLimit)
        highest = metrics.maxUsage
        cache = metrics.file
        rss = metrics.anon
        mappedFile = metrics.fileMapped
        activeFile = metrics.activeFile
        inactiveFile = metrics.inactiveFile
        swap = metrics.swapUsage
        kernelSwapLimit = CgroupUsage.limit(metrics.swapLimit)
        swapLimit = kernelSwapLimit
        faultsBelow.all = metrics.pgfault
        faultsBelow.major = metrics.pgmajfault
        faults = faultsBelow
    }
}
