internal import Model

/// Limits that a plugin sets, put over those that there are, field by field.
struct ResourceMerge {
    let container: String
    let plugin: String
    var owners: Ownership

    mutating func add(_ new: LinuxResources, to old: inout LinuxResources) throws {
        if let memory = new.memory { try add(memory, to: &old.memory) }
        if let cpu = new.cpu { try add(cpu, to: &old.cpu) }
        for limit in new.hugepageLimits {
            try owners.claim(container, .hugepageLimits, limit.pageSize, by: plugin)
            old.hugepageLimits.removeAll { $0.pageSize.utf8.elementsEqual(limit.pageSize.utf8) }
            old.hugepageLimits.append(limit)
        }
        for (key, value) in new.unified.sorted(by: { $0.key < $1.key }) {
            try owners.claim(container, .cgroupsUnified, key, by: plugin)
            old.unified[key] = value
        }
        try set(new.blockioClass, .blockioClass, &old.blockioClass)
        try set(new.rdtClass, .rdtClass, &old.rdtClass)
        try set(new.pids, .pidsLimit, &old.pids)
        old.devices += new.devices
    }

    private mutating func add(_ new: LinuxMemory, to old: inout LinuxMemory?) throws {
        var memory = old ?? LinuxMemory()
        try set(new.limit, .memLimit, &memory.limit)
        try set(new.reservation, .memReservation, &memory.reservation)
        try set(new.swap, .memSwapLimit, &memory.swap)
        try set(new.kernel, .memKernelLimit, &memory.kernel)
        try set(new.kernelTcp, .memTcpLimit, &memory.kernelTcp)
        try set(new.swappiness, .memSwappiness, &memory.swappiness)
        try set(new.disableOomKiller, .memDisableOomKiller, &memory.disableOomKiller)
        try set(new.useHierarchy, .memUseHierarchy, &memory.useHierarchy)
        old = memory
    }

    private mutating func add(_ new: LinuxCPU, to old: inout LinuxCPU?) throws {
        var cpu = old ?? LinuxCPU()
        try set(new.shares, .cpuShares, &cpu.shares)
        try set(new.quota, .cpuQuota, &cpu.quota)
        try set(new.period, .cpuPeriod, &cpu.period)
        try set(new.realtimeRuntime, .cpuRealtimeRuntime, &cpu.realtimeRuntime)
        try set(new.realtimePeriod, .cpuRealtimePeriod, &cpu.realtimePeriod)
        try set(new.cpus, .cpusetCpus, &cpu.cpus)
        try set(new.mems, .cpusetMems, &cpu.mems)
        old = cpu
    }

    private mutating func set<Value>(
        _ new: Value?, _ field: Field, _ old: inout Value?
    ) throws {
        guard let new else { return }
        try owners.claim(container, field, by: plugin)
        old = new
    }

    private mutating func set(_ new: String, _ field: Field, _ old: inout String) throws {
        if new.isEmpty { return }
        try owners.claim(container, field, by: plugin)
        old = new
    }
}
