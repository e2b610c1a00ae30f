internal import Kernel
internal import Text

/// The files of cgroup v2.
extension CgroupUsage {
    static func second(_ cgroup: Cgroup, _ parts: CgroupParts) -> CgroupUsage? {
        guard let memory = cgroup.file("", "memory.current").number else { return nil }
        var usage = CgroupUsage()
        usage.memory.usage = memory
        usage.memory.readSecond(cgroup)
        usage.cpu.readSecond(cgroup)
        if parts.contains(.cpuDetails) { usage.cpu.readSecondDetails(cgroup) }
        if parts.contains(.memoryDetails) { usage.memory.readSecondDetails(cgroup) }
        if parts.contains(.devices) { usage.devices = secondDevices(cgroup) }
        if parts.contains(.hugePages) {
            // There is no highest usage here; what is used now is the most that is known.
            usage.hugePages = HugePagePool.all.compactMap { pool in
                let used = cgroup.file("", "hugetlb.\(pool.size).current").number
                return used.map { HugePages(size: pool.size, usage: $0, highest: $0) }
                    ?? pool.unused
            }
        }
        if parts.contains(.pressure) { usage.readPressure(cgroup) }
        usage.readProcesses(cgroup, "", parts)
        return usage
    }

    /// How long tasks of a cgroup and those below waited; nothing on cgroup v1. Blocks the thread.
    public static func pressure(of cgroup: Cgroup) -> CgroupUsage {
        var usage = CgroupUsage()
        if !cgroup.isFirstVersion { usage.readPressure(cgroup) }
        return usage
    }

    private mutating func readPressure(_ cgroup: Cgroup) {
        cpu.pressure = Pressure(cgroup.file("", "cpu.pressure"))
        memory.pressure = Pressure(cgroup.file("", "memory.pressure"))
        ioPressure = Pressure(cgroup.file("", "io.pressure"))
    }

    private static func secondDevices(_ cgroup: Cgroup) -> [Device] {
        let figures: [Substring: WritableKeyPath<Device, UInt64>] = [
            "rbytes": \.readBytes, "wbytes": \.writtenBytes, "rios": \.reads, "wios": \.writes,
        ]
        var devices: [Device] = []
        for fields in cgroup.file("", "io.stat").fields {
            for pair in fields.dropFirst() {
                let parts = pair.split(at: "=")
                guard parts.count == 2, let figure = figures[parts[0]], let value = UInt64(parts[1])
                else { continue }
                devices.note(fields[0], figure, value)
            }
        }
        return devices
    }
}

extension CgroupUsage.CPU {
    fileprivate mutating func readSecond(_ cgroup: Cgroup) {
        let stat = cgroup.file("", "cpu.stat")
        usage = (stat["usage_usec"] ?? 0).times(1000)
        user = (stat["user_usec"] ?? 0).times(1000)
        system = (stat["system_usec"] ?? 0).times(1000)
        periods = stat["nr_periods"] ?? 0
        throttledPeriods = stat["nr_throttled"] ?? 0
        throttledTime = (stat["throttled_usec"] ?? 0).times(1000)
    }

    fileprivate mutating func readSecondDetails(_ cgroup: Cgroup) {
        let limits = cgroup.file("", "cpu.max").fields.first ?? []
        quota = limits.first.flatMap { UInt64($0) }
        period = limits.last.flatMap { UInt64($0) } ?? 0
        shares = cgroup.file("", "cpu.weight").number.map(Self.shares(weight:)) ?? 0
    }

    /// Weights of 1 to 10,000 are shares of 2 to 262,144: the inverse of how runtimes convert the
    /// latter (runtime-spec, config-linux.md, CPU).
    static func shares(weight: UInt64) -> UInt64 {
        2 + (min(max(weight, 1), 10_000) - 1) * 262_142 / 9_999
    }
}

extension CgroupUsage.Memory {
    fileprivate mutating func readSecond(_ cgroup: Cgroup) {
        limit = cgroup.file("", "memory.max").number
        let stat = cgroup.file("", "memory.stat")
        activeFile = stat["active_file"] ?? 0
        inactiveFile = stat["inactive_file"] ?? 0
        cache = stat["file"] ?? 0
        mappedFile = stat["file_mapped"] ?? 0
        rss = stat["anon"] ?? 0
        // Kernels before 5.18 have no sum.
        kernel =
            stat["kernel"]
            ?? ["kernel_stack", "pagetables", "percpu", "sock", "slab"].reduce(0) {
                $0.plus(stat[$1] ?? 0)
            }
        faultsBelow = .init(all: stat["pgfault"] ?? 0, major: stat["pgmajfault"] ?? 0)
        faults = faultsBelow
        swap = cgroup.file("", "memory.swap.current").number ?? 0
        swapLimit = cgroup.file("", "memory.swap.max").number
        kernelSwapLimit = swapLimit
    }

    fileprivate mutating func readSecondDetails(_ cgroup: Cgroup) {
        let events = cgroup.file("", "memory.events")
        failures = events["max"] ?? 0
        kills = events["oom_kill"] ?? 0
        highest = cgroup.file("", "memory.peak").number ?? usage
        reservation = cgroup.file("", "memory.high").number
    }
}
