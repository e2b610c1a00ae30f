internal import Model
internal import NRI
internal import OCI

/// Limits between CRI, NRI and the runtimes' spec. Numbers saturate; 0 and empty are CRI's word for
/// "not set".
extension LinuxResources {
    init(_ asked: LinuxContainerResources) {
        self.init(
            memory: LinuxMemory(
                limit: .init(value: asked.memoryLimitInBytes),
                swap: asked.memorySwapLimitInBytes == 0
                    ? nil : .init(value: asked.memorySwapLimitInBytes)),
            cpu: LinuxCPU(
                shares: .init(value: UInt64(clamping: asked.cpuShares)),
                quota: .init(value: asked.cpuQuota),
                period: .init(value: UInt64(clamping: asked.cpuPeriod)),
                cpus: asked.cpusetCpus, mems: asked.cpusetMems),
            hugepageLimits: asked.hugepageLimits.map {
                .init(pageSize: $0.pageSize, limit: $0.limit)
            },
            unified: asked.unified)
    }

    init(_ spec: Spec.Resources) {
        self.init()
        memory = spec.memory.map(LinuxMemory.init)
        cpu = spec.cpu.map(LinuxCPU.init)
        hugepageLimits = (spec.hugepageLimits ?? []).map {
            .init(pageSize: $0.pageSize, limit: $0.limit)
        }
        unified = spec.unified ?? [:]
        pids = spec.pids.map { LinuxPids(limit: $0.limit) }
        devices = (spec.devices ?? []).map {
            LinuxDeviceRule(
                allow: $0.allow, type: $0.type ?? "",
                major: $0.major.map { .init(value: $0) },
                minor: $0.minor.map { .init(value: $0) }, access: $0.access ?? "")
        }
    }
}

extension LinuxMemory {
    fileprivate init(_ spec: Spec.Memory) {
        self.init(
            limit: spec.limit.map { .init(value: $0) },
            reservation: spec.reservation.map { .init(value: $0) },
            swap: spec.swap.map { .init(value: $0) },
            kernel: spec.kernel.map { .init(value: $0) },
            kernelTcp: spec.kernelTCP.map { .init(value: $0) },
            swappiness: spec.swappiness.map { .init(value: $0) },
            disableOomKiller: spec.disableOOMKiller.map { .init(value: $0) },
            useHierarchy: spec.useHierarchy.map { .init(value: $0) })
    }
}

extension LinuxCPU {
    fileprivate init(_ spec: Spec.CPU) {
        self.init(
            shares: spec.shares.map { .init(value: $0) },
            quota: spec.quota.map { .init(value: $0) },
            period: spec.period.map { .init(value: $0) },
            realtimeRuntime: spec.realtimeRuntime.map { .init(value: $0) },
            realtimePeriod: spec.realtimePeriod.map { .init(value: $0) },
            cpus: spec.cpus ?? "", mems: spec.mems ?? "")
    }
}

extension LinuxContainerResources {
    /// With what a plugin set of that which CRI has a field for.
    mutating func apply(_ change: LinuxResources) {
        if let cpu = change.cpu {
            if let shares = cpu.shares { cpuShares = Int64(clamping: shares.value) }
            if let quota = cpu.quota { cpuQuota = quota.value }
            if let period = cpu.period { cpuPeriod = Int64(clamping: period.value) }
            if !cpu.cpus.isEmpty { cpusetCpus = cpu.cpus }
            if !cpu.mems.isEmpty { cpusetMems = cpu.mems }
        }
        if let limit = change.memory?.limit?.value, limit != 0 {
            memoryLimitInBytes = limit
            memorySwapLimitInBytes = 0
        }
        if let swap = change.memory?.swap { memorySwapLimitInBytes = swap.value }
        for limit in change.hugepageLimits {
            hugepageLimits.removeAll { $0.pageSize == limit.pageSize }
            hugepageLimits.append(.init(pageSize: limit.pageSize, limit: limit.limit))
        }
        unified.merge(change.unified) { $1 }
    }
}

extension Spec.Resources {
    /// With what a plugin set of that which CRI has no field for.
    /// - Throws: `failedPrecondition` for what the node has not.
    mutating func apply(_ change: LinuxResources) throws {
        if let memory = change.memory { apply(memory) }
        if let runtime = change.cpu?.realtimeRuntime {
            cpu = cpu ?? .init()
            cpu?.realtimeRuntime = runtime.value
        }
        if let period = change.cpu?.realtimePeriod {
            cpu = cpu ?? .init()
            cpu?.realtimePeriod = period.value
        }
        if let pids = change.pids { self.pids = .init(limit: pids.limit < 0 ? -1 : pids.limit) }
        if !change.devices.isEmpty {
            devices = (devices ?? []) + change.devices.map(Spec.DeviceRule.init)
        }
        if let value = change.blockioClass?.value {
            throw GantryError(
                .failedPrecondition,
                "a plugin asks for the block I/O class \"\(value)\", which is for containers that are "
                    + "being created")
        }
    }

    private mutating func apply(_ change: LinuxMemory) {
        var memory = self.memory ?? .init()
        if let value = change.reservation { memory.reservation = value.value }
        if let value = change.kernel { memory.kernel = value.value }
        if let value = change.kernelTcp { memory.kernelTCP = value.value }
        if let value = change.swappiness { memory.swappiness = value.value }
        if let value = change.disableOomKiller { memory.disableOOMKiller = value.value }
        if let value = change.useHierarchy { memory.useHierarchy = value.value }
        if memory != .init() { self.memory = memory }
    }

    /// These limits, which a whole record stands for, in place of others; what CRI has no field for stays.
    /// A limit that is lifted is nil here on cgroup v1, so nil is no reason to keep the old one.
    func over(_ old: Spec.Resources?) -> Spec.Resources {
        guard var result = old else { return self }
        var memory = result.memory ?? .init()
        (memory.limit, memory.swap) = (self.memory?.limit, self.memory?.swap)
        result.memory = memory == .init() ? nil : memory
        var cpu = self.cpu ?? .init()
        cpu.realtimeRuntime = result.cpu?.realtimeRuntime
        cpu.realtimePeriod = result.cpu?.realtimePeriod
        result.cpu = cpu == .init() ? nil : cpu
        result.hugepageLimits = hugepageLimits ?? result.hugepageLimits
        result.unified = unified ?? result.unified
        return result
    }
}

extension Spec.DeviceRule {
    fileprivate init(_ rule: LinuxDeviceRule) {
        self.init(
            allow: rule.allow, type: rule.type.isEmpty ? nil : rule.type, major: rule.major?.value,
            minor: rule.minor?.value, access: rule.access.isEmpty ? nil : rule.access)
    }
}
