public import Model
internal import Text

extension SpecBuilder {
    func resources() throws -> Spec.Resources {
        try refuseClasses()
        let asked = request.container.linux?.resources ?? LinuxContainerResources()
        var resources = try Spec.Resources(asked, request.host)
        resources.devices = deviceRules
        return resources
    }

    /// The later one of two for the same path in the container.
    var devices: [HostDevice] {
        var paths: Set<String> = []
        return (request.devices + request.injection.devices).reversed().filter {
            paths.insert($0.device.path).inserted
        }
        .reversed()
    }

    /// All is denied, then what was given is allowed; the runtimes add what every container has.
    private var deviceRules: [Spec.DeviceRule] {
        if security.privileged, !request.handler.defaults.privilegedWithoutHostDevices {
            return [.init(allow: true, access: "rwm")]
        }
        return [.init(allow: false, access: "rwm")]
            + devices.map {
                .init(
                    allow: true, type: $0.device.type, major: $0.device.major,
                    minor: $0.device.minor, access: $0.access)
            }
    }

    /// Block I/O and RDT classes come as annotations; Gantry has no configuration for either.
    private func refuseClasses() throws {
        let annotations = request.sandbox.annotations.merging(request.container.annotations) { $1 }
        let key = annotations.keys.sorted().first {
            $0.begins(with: "blockio.resources.beta.kubernetes.io/")
                || $0.begins(with: "rdt.resources.beta.kubernetes.io/")
        }
        if let key {
            throw GantryError(.invalidArgument, "no classes are configured, but \(key) names one")
        }
    }
}

extension Spec.Resources {
    /// The limits that CRI's message asks for; 0 and empty ask for nothing, and what is negative for no
    /// limit. For a container's spec, and for `Runtime.update`.
    ///
    /// On cgroup v1 no limit is nil: a new cgroup has none, and crun cannot write -1 there
    /// (`LiftedLimits` does). On v2 it is -1, which the runtimes tell systemd too.
    /// - Throws: `invalidArgument` for values that contradict each other or this node's cgroup
    ///   version, `failedPrecondition` for a limit whose controller the node lacks.
    public init(_ asked: LinuxContainerResources, _ host: HostFacts) throws {
        self.init()
        cpu = try Spec.CPU(asked, host)
        memory = try Spec.Memory(asked, host)
        hugepageLimits = Self.hugepages(asked, host)
        guard asked.unified.isEmpty || host.cgroupVersion == .v2 else {
            throw GantryError(.invalidArgument, "unified: unified resources need cgroup v2")
        }
        unified = asked.unified.isEmpty ? nil : asked.unified
    }

    /// Where the controller is not mounted, or has no such page size, no process can use such pages
    /// beyond what the node has reserved; the kubelet sends a limit of 0 for each size regardless.
    private static func hugepages(
        _ asked: LinuxContainerResources, _ host: HostFacts
    ) -> [Spec.HugepageLimit]? {
        guard host.controllers.contains("hugetlb") else { return nil }
        let limits = asked.hugepageLimits.filter { host.hugepageSizes.contains($0.pageSize) }
        if limits.isEmpty { return nil }
        return limits.map { Spec.HugepageLimit(pageSize: $0.pageSize, limit: $0.limit) }
    }
}

extension Spec.CPU {
    /// Of shares the kernel takes the nearest from 2 to 2^18 (MIN_SHARES and MAX_SHARES), where some runtimes
    /// refuse them.
    fileprivate init?(_ asked: LinuxContainerResources, _ host: HostFacts) throws {
        self.init()
        shares = asked.cpuShares <= 0 ? nil : UInt64(min(max(asked.cpuShares, 2), 1 << 18))
        quota = asked.cpuQuota == 0 ? nil : host.limit(asked.cpuQuota)
        period = asked.cpuPeriod <= 0 ? nil : UInt64(asked.cpuPeriod)
        cpus = asked.cpusetCpus.isEmpty ? nil : asked.cpusetCpus
        mems = asked.cpusetMems.isEmpty ? nil : asked.cpusetMems
        if shares != nil || quota != nil { try host.require("cpu") }
        if cpus != nil || mems != nil { try host.require("cpuset") }
        if self == Spec.CPU() { return nil }
    }
}

extension Spec.Memory {
    /// Without a word about swap a limited container gets none beyond its limit, as Kubernetes
    /// wants it where swap is not asked for.
    fileprivate init?(_ asked: LinuxContainerResources, _ host: HostFacts) throws {
        let limit = Self.limit(asked.memoryLimitInBytes)
        var swap = Self.limit(asked.memorySwapLimitInBytes)
        if limit == 0 && swap == 0 { return nil }
        try host.require("memory")
        guard swap <= 0 || (limit > 0 && swap >= limit) else {
            throw GantryError(
                .invalidArgument,
                "memory_swap_limit_in_bytes \(swap) is memory and swap together, and less than "
                    + "the memory limit \(limit)")
        }
        if swap == 0 { swap = limit }
        // A hint for nodes that can; the kubelet and other runtimes see it so too.
        if !host.limitsSwap { swap = 0 }
        self.init(
            limit: limit == 0 ? nil : host.limit(limit), swap: swap == 0 ? nil : host.limit(swap))
        if self == Spec.Memory() { return nil }
    }

    /// -1 is none. The kernel's counter ends at the last whole page below 2^63 (`PAGE_COUNTER_MAX`, and
    /// pages have at most 64 KiB): what is there or above limits nothing.
    private static func limit(_ asked: Int64) -> Int64 {
        asked >= .max & ~0xffff ? -1 : max(-1, asked)
    }
}

extension HostFacts {
    /// What stands for a limit in a spec, where a negative one is none.
    fileprivate func limit(_ value: Int64) -> Int64? {
        if value >= 0 { return value }
        return cgroupVersion == .v1 ? nil : -1
    }

    fileprivate func require(_ controller: String) throws {
        guard controllers.contains(controller) else {
            throw GantryError(
                .failedPrecondition, "this node has no cgroup controller \"\(controller)\"")
        }
    }
}
