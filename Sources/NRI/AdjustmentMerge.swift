internal import Model

/// Puts together what plugins want of a container that is about to be, one after the other.
struct AdjustmentMerge: Sendable {
    /// As the next plugin is shown it.
    private(set) var container: Container
    private(set) var adjustment = ContainerAdjustment()
    private(set) var owners = Ownership()
    var updates = UpdateMerge()

    init(_ container: Container) {
        self.container = container
        updates.excluded = container.id
    }

    /// - Throws: `failedPrecondition` when another plugin has set the same.
    mutating func add(_ new: ContainerAdjustment, _ plugin: String) throws {
        try addKeyed(new, plugin)
        try addArguments(new.args, plugin)
        addHooks(new.hooks, plugin)
        for limit in new.rlimits {
            try owners.claim(container.id, .rlimits, limit.type, by: plugin)
            adjustment.rlimits.append(limit)
            container.rlimits.removeAll { $0.type.isSame(limit.type) }
            container.rlimits.append(limit)
        }
        for device in new.cdiDevices {
            try owners.claim(container.id, .cdiDevices, device.name, by: plugin)
            adjustment.cdiDevices.append(device)
        }
        if let linux = new.linux { try add(linux, plugin) }
    }

    private mutating func addKeyed(_ new: ContainerAdjustment, _ plugin: String) throws {
        var annotations = (adjustment.annotations.entries, container.annotations.entries)
        try merge(new.annotations.entries, .annotations, plugin, &annotations.0, &annotations.1)
        adjustment.annotations = Dictionary(annotations.0)
        container.annotations = Dictionary(annotations.1)
        var mounts = (adjustment.mounts, container.mounts)
        try merge(new.mounts, .mounts, plugin, &mounts.0, &mounts.1)
        (adjustment.mounts, container.mounts) = mounts
        var variables = (adjustment.env, container.env.variables)
        try merge(new.env, .env, plugin, &variables.0, &variables.1)
        adjustment.env = variables.0
        container.env = Array(variables: variables.1)
    }

    private mutating func add(_ new: LinuxContainerAdjustment, _ plugin: String) throws {
        var linux = adjustment.linux ?? LinuxContainerAdjustment()
        var view = container.linux ?? LinuxContainer()
        try merge(new.devices, .devices, plugin, &linux.devices, &view.devices)
        try merge(new.namespaces, .namespace, plugin, &linux.namespaces, &view.namespaces)
        try merge(new.netDevices, .netDevices, plugin, &linux.netDevices, &view.netDevices)
        var sysctl = (linux.sysctl.entries, view.sysctl.entries)
        try merge(new.sysctl.entries, .sysctl, plugin, &sysctl.0, &sysctl.1)
        (linux.sysctl, view.sysctl) = (Dictionary(sysctl.0), Dictionary(sysctl.1))
        if let resources = new.resources {
            try add(resources, plugin, &linux.resources, &view.resources)
        }
        if !new.cgroupsPath.isEmpty {
            try owners.claim(container.id, .cgroupsPath, by: plugin)
            (linux.cgroupsPath, view.cgroupsPath) = (new.cgroupsPath, new.cgroupsPath)
        }
        try set(new.oomScoreAdj, .oomScoreAdj, plugin, &linux.oomScoreAdj, &view.oomScoreAdj)
        try set(new.ioPriority, .ioPriority, plugin, &linux.ioPriority, &view.ioPriority)
        try set(
            new.seccompPolicy, .seccompPolicy, plugin, &linux.seccompPolicy, &view.seccompPolicy)
        try set(new.scheduler, .scheduler, plugin, &linux.scheduler, &view.scheduler)
        if let rdt = new.rdt { try add(rdt, plugin, &linux.rdt, &view.rdt) }
        var unseen: LinuxMemoryPolicy?
        try set(new.memoryPolicy, .memoryPolicy, plugin, &linux.memoryPolicy, &unseen)
        (adjustment.linux, container.linux) = (linux, view)
    }

    /// Sets and removes entries: in the adjustment, and in the container as the next is shown it.
    private mutating func merge<Entry: Keyed>(
        _ new: [Entry], _ field: Field, _ plugin: String, _ adjusted: inout [Entry],
        _ shown: inout [Entry]
    ) throws {
        for entry in new {
            guard let key = entry.entryKey.removedKey else { continue }
            owners.clear(container.id, field, key, by: plugin)
            adjusted.removeAll { $0.entryKey.isSame(key) || $0.entryKey.isSame(entry.entryKey) }
            shown.removeAll { $0.entryKey.isSame(key) }
            adjusted.append(entry)
        }
        for entry in new where entry.entryKey.removedKey == nil {
            try owners.claim(container.id, field, entry.entryKey, by: plugin)
            let removal = "-" + entry.entryKey
            adjusted.removeAll { $0.entryKey.isSame(removal) }
            shown.removeAll { $0.entryKey.isSame(entry.entryKey) }
            adjusted.append(entry)
            shown.append(entry)
        }
    }

    private mutating func set<Value>(
        _ new: Value?, _ field: Field, _ plugin: String, _ adjusted: inout Value?,
        _ shown: inout Value?
    ) throws {
        guard let new else { return }
        try owners.claim(container.id, field, by: plugin)
        (adjusted, shown) = (new, new)
    }

    private mutating func add(
        _ new: LinuxResources, _ plugin: String, _ adjusted: inout LinuxResources?,
        _ shown: inout LinuxResources?
    ) throws {
        var merge = ResourceMerge(container: container.id, plugin: plugin, owners: owners)
        var resources = adjusted ?? LinuxResources()
        try merge.add(new, to: &resources)
        adjusted = resources
        owners = merge.owners
        var view = ResourceMerge(container: container.id, plugin: plugin, owners: Ownership())
        var seen = shown ?? LinuxResources()
        try view.add(new, to: &seen)
        shown = seen
    }

    private mutating func add(
        _ new: LinuxRdt, _ plugin: String, _ adjusted: inout LinuxRdt?, _ shown: inout LinuxRdt?
    ) throws {
        let id = container.id
        var rdt = adjusted ?? LinuxRdt()
        if new.remove {
            for field in [Field.rdtClosId, .rdtSchemata, .rdtEnableMonitoring] {
                owners.clear(id, field, by: plugin)
            }
            rdt = LinuxRdt(remove: true)
        }
        if let value = new.closId {
            try owners.claim(id, .rdtClosId, by: plugin)
            rdt.closId = value
        }
        if let value = new.schemata {
            try owners.claim(id, .rdtSchemata, by: plugin)
            rdt.schemata = value
        }
        if let value = new.enableMonitoring {
            try owners.claim(id, .rdtEnableMonitoring, by: plugin)
            rdt.enableMonitoring = value
        }
        (adjusted, shown) = (rdt, rdt)
    }

    /// An empty first argument: those that another plugin has set are replaced.
    private mutating func addArguments(_ new: [String], _ plugin: String) throws {
        guard let first = new.first else { return }
        if first.isEmpty { owners.clear(container.id, .args, by: plugin) }
        try owners.claim(container.id, .args, by: plugin)
        adjustment.args = first.isEmpty ? Array(new.dropFirst()) : new
        container.args = adjustment.args
    }

    /// Hooks are only ever added.
    private mutating func addHooks(_ new: Hooks?, _ plugin: String) {
        guard let new, new != Hooks() else { return }
        adjustment.hooks = (adjustment.hooks ?? Hooks()).adding(new)
        container.hooks = (container.hooks ?? Hooks()).adding(new)
        owners.share(container.id, .ociHooks, plugin)
    }
}

extension Hooks {
    fileprivate func adding(_ new: Hooks) -> Hooks {
        Hooks(
            prestart: prestart + new.prestart, createRuntime: createRuntime + new.createRuntime,
            createContainer: createContainer + new.createContainer,
            startContainer: startContainer + new.startContainer,
            poststart: poststart + new.poststart, poststop: poststop + new.poststop)
    }
}
