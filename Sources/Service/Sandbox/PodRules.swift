internal import Kernel
internal import Model
internal import MonitorProtocol
internal import OCI

/// What a pod's configuration must not ask for, since it could not take effect as asked.
struct PodRules {
    let config: PodSandboxConfig
    let handler: WorkingHandler

    private var security: LinuxSandboxSecurityContext {
        config.linux?.securityContext ?? LinuxSandboxSecurityContext()
    }

    private var options: NamespaceOption {
        security.namespaceOptions ?? NamespaceOption()
    }

    /// - Throws: `invalidArgument`, or `failedPrecondition` for what only this handler cannot do.
    func check() throws {
        try checkNamespaces()
        try checkSharedProcesses()
        try checkUserNamespace()
        try checkSysctls()
        // sethostname(2): HOST_NAME_MAX.
        guard config.hostname.utf8.count <= 64 else {
            throw Self.refusal("the hostname \"\(config.hostname)\" has more than 64 bytes")
        }
        guard security.runAsGroup == nil || security.runAsUser != nil else {
            throw Self.refusal("run_as_group of the sandbox is set without run_as_user")
        }
    }

    private static func refusal(_ message: String) -> GantryError {
        GantryError(.invalidArgument, message)
    }

    /// A pod's namespaces are its own or the node's; a PID namespace may also be each container's
    /// (CRI, `NamespaceOption`).
    private func checkNamespaces() throws {
        let modes = [("network", options.network), ("ipc", options.ipc)]
        for (kind, mode) in modes where mode != .pod && mode != .node {
            throw Self.refusal(
                "namespace_options.\(kind): a pod's \(kind) namespace is its own or the node's, not "
                    + "\(mode)")
        }
        for (field, isAsked) in [
            ("pid", options.pid == .target), ("target_id", !options.targetId.isEmpty),
        ] where isAsked {
            throw Self.refusal(
                "namespace_options.\(field): a pod has no target container: only a container can name "
                    + "one")
        }
    }

    /// A shim with containers among the node's processes may call one of the node's its sandbox's.
    private func checkSharedProcesses() throws {
        let runtime = handler.runtime.handler
        guard options.pid == .pod, runtime.makesSandboxes, !runtime.hidesProcesses else { return }
        throw GantryError(
            .failedPrecondition,
            "namespace_options.pid: runtime handler \(handler.name) (sandboxer = \"shim\") has no "
                + "process whose PID namespace a pod's containers could share")
    }

    private func checkUserNamespace() throws {
        guard try UserMappings(options.usernsOptions) != nil else { return }
        guard handler.hasUserNamespaces else {
            throw GantryError(
                .failedPrecondition,
                "runtime handler \(handler.name) cannot run pods in user namespaces: it has a "
                    + "kernel of its own, or the node's or its file system maps no IDs")
        }
    }

    /// Bytes of all names and values; no value has more than a page (proc(5)).
    private static let mostSysctls = 16 << 10

    /// One without a copy of its own in the pod's namespaces would change the node.
    private func checkSysctls() throws {
        let bytes = (config.linux?.sysctls ?? [:]).reduce(0) { bytes, sysctl in
            bytes.plus(sysctl.key.utf8.count).plus(sysctl.value.utf8.count)
        }
        guard bytes <= Self.mostSysctls else {
            throw Self.refusal("sysctls: \(bytes) bytes are more than \(Self.mostSysctls)")
        }
        for name in (config.linux?.sysctls ?? [:]).keys.sorted() {
            let isOwned =
                switch Sysctl(name).owner {
                case .network, .uts: options.network != .node
                case .ipc: options.ipc != .node
                case .user, nil: false
                }
            guard isOwned else {
                throw Self.refusal(
                    "sysctls: sysctl \(name) does not belong to the pod's own namespaces")
            }
        }
    }
}
