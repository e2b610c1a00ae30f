internal import Model

/// Makes the runtime's spec of a container out of values alone.
///
/// Each aspect has a file of its own. A field that cannot take effect here is an error that says why,
/// but for hints about what kernel or node may not have (SELinux, swap, huge pages), which every
/// runtime passes over.
public struct SpecBuilder: Sendable {
    let request: SpecRequest
    let security: LinuxContainerSecurityContext
    let podSecurity: LinuxSandboxSecurityContext

    init(_ request: SpecRequest) {
        self.request = request
        security = request.container.linux?.securityContext ?? LinuxContainerSecurityContext()
        podSecurity = request.sandbox.linux?.securityContext ?? LinuxSandboxSecurityContext()
    }

    /// The spec of a container of a pod.
    /// - Throws: `invalidArgument` for what contradicts itself or CRI, `failedPrecondition` for what
    ///   node or runtime cannot do.
    public static func container(_ request: SpecRequest) throws -> Spec {
        try SpecBuilder(request).build()
    }

    private func build() throws -> Spec {
        try checkRules()
        let hooks = request.injection.hooks
        let process = try process()
        let mounts = try mounts()
        return Spec(
            ociVersion: request.features.ociVersion(wanting: mounts), process: process,
            root: Spec.Root(path: request.rootfs, readonly: security.readonlyRootfs),
            hostname: hostname, mounts: mounts, hooks: hooks == Spec.Hooks() ? nil : hooks,
            annotations: annotations(),
            linux: try linux(process))
    }

    private func linux(_ process: Spec.Process) throws -> Spec.Linux {
        var linux = Spec.Linux(
            namespaces: try namespaces(),
            cgroupsPath: request.cgroup.container(request.containerId))
        if let mappings = try userMappings() {
            linux.uidMappings = [mappings.uids]
            linux.gidMappings = [mappings.gids]
        }
        linux.devices = bindsDevices ? [] : devices.map(\.device)
        linux.resources = try resources()
        linux.rootfsPropagation = rootfsPropagation
        linux.seccomp = try seccomp(granting: process.capabilities?.bounding ?? [])
        linux.maskedPaths = maskedPaths
        linux.readonlyPaths = readonlyPaths
        linux.mountLabel = selinux?.mount
        return linux
    }

    /// A sandbox with a kernel of its own joins no UTS namespace of the node's, and is told the name.
    private var hostname: String? {
        let name = request.sandbox.hostname
        return request.handler.infra && !name.isEmpty ? name : nil
    }

    /// The kubelet sends both lists filled, or both empty for `procMount: Unmasked`, which Kubernetes
    /// allows only to pods with a user namespace. Other clients that send none get the default.
    private var isUnmasked: Bool {
        security.privileged
            || request.namespaces.user != nil
                && security.maskedPaths.isEmpty && security.readonlyPaths.isEmpty
    }

    private var maskedPaths: [String]? {
        if isUnmasked { return nil }
        let own = security.maskedPaths
        return own.isEmpty ? ProcPaths.masked + request.host.thermalPaths : own
    }

    private var readonlyPaths: [String]? {
        if isUnmasked { return nil }
        return security.readonlyPaths.isEmpty ? ProcPaths.readonly : security.readonlyPaths
    }
}

/// Files of /proc and /sys that are not namespaced and tell of, or change, the node.
enum ProcPaths {
    static let masked = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
        "/proc/latency_stats", "/proc/scsi", "/proc/sched_debug", "/proc/timer_list",
        "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ]

    static let readonly = [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ]
}
