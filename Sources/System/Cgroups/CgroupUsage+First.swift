internal import Kernel
internal import Text

/// The files of cgroup v1.
extension CgroupUsage {
    static func first(_ cgroup: Cgroup, _ parts: CgroupParts) -> CgroupUsage? {
        guard let cpu = cgroup.file("cpuacct", "cpuacct.usage").number,
            let memory = cgroup.file("memory", "memory.usage_in_bytes").number
        else { return nil }
        var usage = CgroupUsage()
        usage.cpu.usage = cpu
        usage.memory.usage = memory
        usage.memory.readFirst(cgroup)
        if parts.contains(.cpuDetails) { usage.cpu.readFirst(cgroup) }
        if parts.contains(.memoryDetails) { usage.memory.readFirstDetails(cgroup) }
        if parts.contains(.devices) { usage.devices = firstDevices(cgroup) }
        if parts.contains(.hugePages) {
            usage.hugePages = HugePagePool.all.compactMap { pool in
                let file = { (name: String) in
                    cgroup.file("hugetlb", "hugetlb.\(pool.size).\(name)").number
                }
                guard cgroup.hasController("hugetlb"), let used = file("usage_in_bytes") else {
                    return pool.unused
                }
                return HugePages(
                    size: pool.size, usage: used, highest: file("max_usage_in_bytes") ?? used)
            }
        }
        usage.readProcesses(cgroup, "pids", parts)
        return usage
    }

    /// The files of the pids controller are alike in both versions.
    mutating func readProcesses(_ cgroup: Cgroup, _ controller: String, _ parts: CgroupParts) {
        if parts.contains(.threads) {
            threads = cgroup.file(controller, "pids.current").number
            threadLimit = cgroup.file(controller, "pids.max").number
        }
        if parts.contains(.processes) {
            let file = cgroup.file(controller, "cgroup.procs")
            processes = file.fields.compactMap { $0.first.flatMap { Int32($0) } }
        }
    }

    private static func firstDevices(_ cgroup: Cgroup) -> [Device] {
        var devices: [Device] = []
        // Only the throttling policy counts without being set up (blkio-controller.rst).
        for (name, read, write) in [
            ("blkio.throttle.io_service_bytes_recursive", \Device.readBytes, \Device.writtenBytes),
            ("blkio.throttle.io_serviced_recursive", \Device.reads, \Device.writes),
        ] {
            for fields in cgroup.file("blkio", name).fields where fields.count == 3 {
                guard let value = UInt64(fields[2]) else { continue }
                switch fields[1] {
                case "Read": devices.note(fields[0], read, value)
                case "Write": devices.note(fields[0], write, value)
                default: break
                }
            }
        }
        return devices
    }
}

extension CgroupUsage.CPU {
    fileprivate mutating func readFirst(_ cgroup: Cgroup) {
        let times = cgroup.file("cpuacct", "cpuacct.stat")
        user = (times["user"] ?? 0).times(Self.tick)
        system = (times["system"] ?? 0).times(Self.tick)
        let stat = cgroup.file("cpu", "cpu.stat")
        periods = stat["nr_periods"] ?? 0
        throttledPeriods = stat["nr_throttled"] ?? 0
        throttledTime = stat["throttled_time"] ?? 0
        shares = cgroup.file("cpu", "cpu.shares").number ?? 0
        period = cgroup.file("cpu", "cpu.cfs_period_us").number ?? 0
        // No limit is -1, which is no number here.
        quota = cgroup.file("cpu", "cpu.cfs_quota_us").number
    }

    /// Nanoseconds of USER_HZ, which is 100 for every program (time(7)).
    private static let tick: UInt64 = 10_000_000
}

extension CgroupUsage.Memory {
    fileprivate mutating func readFirst(_ cgroup: Cgroup) {
        limit = Self.limit(cgroup.file("memory", "memory.limit_in_bytes"))
        let stat = cgroup.file("memory", "memory.stat")
        activeFile = stat["total_active_file"] ?? 0
        inactiveFile = stat["total_inactive_file"] ?? 0
        cache = stat["total_cache"] ?? 0
        mappedFile = stat["total_mapped_file"] ?? 0
        rss = stat["total_rss"] ?? 0
        swap = stat["total_swap"] ?? 0
        faults = .init(all: stat["pgfault"] ?? 0, major: stat["pgmajfault"] ?? 0)
        faultsBelow = .init(all: stat["total_pgfault"] ?? 0, major: stat["total_pgmajfault"] ?? 0)
        kernelSwapLimit = Self.limit(cgroup.file("memory", "memory.memsw.limit_in_bytes"))
        if let limit, let both = kernelSwapLimit { swapLimit = both - min(both, limit) }
    }

    fileprivate mutating func readFirstDetails(_ cgroup: Cgroup) {
        highest = cgroup.file("memory", "memory.max_usage_in_bytes").number ?? 0
        failures = cgroup.file("memory", "memory.failcnt").number ?? 0
        kernel = cgroup.file("memory", "memory.kmem.usage_in_bytes").number ?? 0
        reservation = Self.limit(cgroup.file("memory", "memory.soft_limit_in_bytes"))
        kills = cgroup.file("memory", "memory.oom_control")["oom_kill"] ?? 0
    }

    /// cgroup v1 has no word for no limit but the largest number of pages.
    private static func limit(_ file: KernelFile) -> UInt64? {
        file.number.flatMap { $0 < 1 << 62 ? $0 : nil }
    }
}

extension [CgroupUsage.Device] {
    /// Notes a figure of the device that is spelled `major:minor`.
    mutating func note(
        _ name: Substring, _ figure: WritableKeyPath<CgroupUsage.Device, UInt64>, _ value: UInt64
    ) {
        let numbers = name.split(at: ":").compactMap { UInt32($0) }
        guard numbers.count == 2 else { return }
        let known = firstIndex { $0.major == numbers[0] && $0.minor == numbers[1] }
        if known == nil { append(.init(major: numbers[0], minor: numbers[1])) }
        self[known ?? count - 1][keyPath: figure] = value
    }
}
