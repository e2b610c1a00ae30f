internal import Model
internal import NRI
internal import OCI

extension SpecAdjustment {
    func apply(
        _ linux: LinuxContainerAdjustment, to spec: inout Spec,
        _ resources: inout LinuxContainerResources?
    ) throws {
        for device in linux.devices { apply(device, to: &spec) }
        if let limits = linux.resources { try apply(limits, to: &spec, &resources) }
        if !linux.cgroupsPath.isEmpty { spec.linux.cgroupsPath = linux.cgroupsPath }
        if let score = linux.oomScoreAdj {
            spec.process.oomScoreAdj = min(
                1000, max(Int(clamping: score.value), host.oomScoreFloor))
        }
        if let seccomp = linux.seccompPolicy { spec.linux.seccomp = Spec.Seccomp(seccomp) }
        for namespace in linux.namespaces { try apply(namespace, to: &spec) }
        for (key, value) in linux.sysctl.sorted(by: { $0.key < $1.key }) {
            var sysctl = spec.linux.sysctl ?? [:]
            if let removed = key.removedKey { sysctl[removed] = nil } else { sysctl[key] = value }
            spec.linux.sysctl = sysctl.isEmpty ? nil : sysctl
        }
        try apply(linux.ioPriority, linux.scheduler, to: &spec.process)
        try apply(linux.netDevices, to: &spec.linux)
        if let rdt = linux.rdt { try apply(rdt, to: &spec.linux) }
        if let policy = linux.memoryPolicy { try apply(policy, to: &spec.linux) }
    }

    private func apply(_ device: LinuxDevice, to spec: inout Spec) {
        if let removed = device.path.removedKey { return spec.removeDevice(removed) }
        // As runtimes read it: without the mode a node is nobody's but root's.
        spec.add(
            Spec.Device(
                path: device.path, type: device.type, major: device.major, minor: device.minor,
                fileMode: device.fileMode?.value, uid: device.uid?.value, gid: device.gid?.value),
            access: "rwm")
    }

    /// Where CRI has a field its own rules hold, and its record tells of the change.
    private func apply(
        _ change: LinuxResources, to spec: inout Spec, _ record: inout LinuxContainerResources?
    ) throws {
        var resources = record ?? LinuxContainerResources()
        resources.apply(change)
        record = resources
        var limits = try Spec.Resources(resources, host).over(spec.linux.resources)
        var rest = change
        rest.blockioClass = nil
        try limits.apply(rest)
        if change.blockioClass != nil { limits.blockIO = blockIO }
        spec.linux.resources = limits
        guard let value = change.rdtClass?.value else { return }
        if value.isEmpty { return spec.linux.intelRdt = nil }
        try require(features.hasIntelRdt, "RDT classes")
        var rdt = Spec.IntelRdt()
        rdt.closID = value
        spec.linux.intelRdt = rdt
    }

    private func apply(_ namespace: LinuxNamespace, to spec: inout Spec) throws {
        let name = namespace.type.removedKey ?? namespace.type
        guard let kind = Spec.Namespace.Kind(rawValue: name) else {
            throw GantryError(.invalidArgument, "there is no kind of namespaces \"\(name)\"")
        }
        spec.linux.namespaces.removeAll { $0.type == kind }
        if namespace.type.removedKey != nil { return }
        spec.linux.namespaces.append(
            .init(kind, path: namespace.path.isEmpty ? nil : namespace.path))
    }

    private func apply(
        _ priority: LinuxIOPriority?, _ scheduler: LinuxScheduler?, to process: inout Spec.Process
    ) throws {
        if let priority {
            try require(features.tunesProcesses, "I/O priorities")
            let name = ["NONE", "RT", "BE", "IDLE"][Int(priority.class.rawValue)]
            process.ioPriority =
                priority.class == .none
                ? nil : .init("IOPRIO_CLASS_\(name)", priority: priority.priority)
        }
        if let scheduler {
            try require(features.tunesProcesses, "schedulers")
            process.scheduler = Spec.Scheduler(scheduler)
        }
    }

    private func apply(_ devices: [NetDeviceEntry], to linux: inout Spec.Linux) throws {
        if devices.isEmpty { return }
        var all = linux.netDevices ?? [:]
        for device in devices {
            if let removed = device.key.removedKey {
                all[removed] = nil
                continue
            }
            try require(features.movesNetDevices, "network devices")
            let name = device.value?.name ?? ""
            all[device.key] = .init(name: name.isEmpty ? nil : name)
        }
        linux.netDevices = all.isEmpty ? nil : all
    }

    private func apply(_ change: LinuxRdt, to linux: inout Spec.Linux) throws {
        if change.remove { linux.intelRdt = nil }
        var rdt = linux.intelRdt ?? .init()
        if let value = change.closId { rdt.closID = value.value }
        if let value = change.schemata { rdt.schemata = value.value }
        if let value = change.enableMonitoring { rdt.enableMonitoring = value.value }
        if rdt == .init() { return }
        try require(features.hasIntelRdt, "RDT")
        linux.intelRdt = rdt
    }

    private func apply(_ policy: LinuxMemoryPolicy, to linux: inout Spec.Linux) throws {
        let modes = [
            "DEFAULT", "PREFERRED", "BIND", "INTERLEAVE", "LOCAL", "PREFERRED_MANY",
            "WEIGHTED_INTERLEAVE",
        ]
        let mode = "MPOL_\(modes[Int(policy.mode.rawValue)])"
        try require(features.memoryPolicies.contains(mode), "the memory policy \(mode)")
        let flags = policy.flags.compactMap(MemoryPolicyFlag.init(rawValue:)).map { flag in
            "MPOL_F_\(["STATIC_NODES", "RELATIVE_NODES", "NUMA_BALANCING"][Int(flag.rawValue)])"
        }
        linux.memoryPolicy = .init(
            mode: mode, nodes: policy.nodes, flags: flags.isEmpty ? nil : flags)
    }

    private func require(_ can: Bool, _ what: String) throws {
        guard can else {
            throw GantryError(
                .failedPrecondition,
                "a plugin asks for \(what), which the runtime handler \(handler) does not have")
        }
    }
}

extension Spec.Scheduler {
    fileprivate init?(_ scheduler: LinuxScheduler) {
        let policies = ["NONE", "OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE"]
        if scheduler.policy == .none { return nil }
        self.init(policy: "SCHED_\(policies[Int(scheduler.policy.rawValue)])")
        nice = scheduler.nice == 0 ? nil : scheduler.nice
        priority = scheduler.priority == 0 ? nil : scheduler.priority
        let names = [
            "RESET_ON_FORK", "RECLAIM", "DL_OVERRUN", "KEEP_POLICY", "KEEP_PARAMS",
            "UTIL_CLAMP_MIN", "UTIL_CLAMP_MAX",
        ]
        let found = scheduler.flags.compactMap(SchedulerFlag.init(rawValue:)).map {
            "SCHED_FLAG_\(names[Int($0.rawValue)])"
        }
        flags = found.isEmpty ? nil : found
        runtime = scheduler.runtime == 0 ? nil : scheduler.runtime
        deadline = scheduler.deadline == 0 ? nil : scheduler.deadline
        period = scheduler.period == 0 ? nil : scheduler.period
    }
}

extension Spec.Seccomp {
    fileprivate init(_ policy: LinuxSeccomp) {
        self.init(
            defaultAction: policy.defaultAction, defaultErrnoRet: policy.defaultErrno?.value,
            architectures: policy.architectures.isEmpty ? nil : policy.architectures,
            syscalls: policy.syscalls.map { rule in
                Spec.SeccompRule(
                    rule.names, action: rule.action, errnoRet: rule.errnoRet?.value,
                    args: rule.args.isEmpty
                        ? nil
                        : rule.args.map {
                            .init(
                                index: $0.index, value: $0.value, valueTwo: $0.valueTwo, op: $0.op)
                        })
            })
        flags = policy.flags.isEmpty ? nil : policy.flags
        listenerPath = policy.listenerPath.isEmpty ? nil : policy.listenerPath
        listenerMetadata = policy.listenerMetadata.isEmpty ? nil : policy.listenerMetadata
    }
}
