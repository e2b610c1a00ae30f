internal import Image
internal import ImageTree
internal import Kernel
internal import Model
internal import MonitorProtocol
internal import OCI
internal import System

/// What a container gets of its pod.
extension Node {
    /// The kernel's profiles, none where it has no AppArmor.
    func appArmor() async throws -> AppArmor {
        host.hasAppArmor ? try await AppArmor.current() : AppArmor()
    }

    func cgroupPath(_ sandbox: Sandbox) -> CgroupPath {
        CgroupPath(driver: cgroupDriver, parent: sandbox.config.linux?.cgroupParent ?? "")
    }

    func podFiles(_ sandbox: Sandbox) -> PodFiles {
        let pod = paths.pod(sandbox.id)
        return PodFiles(
            hosts: pod.hosts, hostname: pod.hostname, resolvConf: pod.resolvConf,
            sharedMemory: sandbox.namespaces.ipc == .node ? nil : pod.sharedMemory)
    }

    /// The process whose PID namespace a container is to join: the pod's, or a target's.
    /// - Returns: nil for a container that gets one of its own, or the node's.
    /// - Throws: `invalidArgument` or `failedPrecondition` when the target of a shared PID namespace
    ///   is not a running container of the pod.
    func joinedProcess(
        _ sandbox: Sandbox, _ security: LinuxContainerSecurityContext
    ) throws -> JoinedProcess? {
        switch (security.namespaceOptions ?? sandbox.namespaces).pid {
        case .target: return try target(security.namespaceOptions?.targetId ?? "", in: sandbox)
        case .pod:
            let (pid, handler) = (sandbox.current.infraPid, try runtime(of: sandbox).handler)
            if handler.isShim && handler.hidesProcesses && (pid != nil || handler.makesSandboxes) {
                return JoinedProcess(hiddenBehind: paths.pod(sandbox.id).namespace("pid"))
            }
            guard let pid else { return nil }
            return try JoinedProcess(pid, cgroup: cgroupPath(sandbox).directory(sandbox.id))
        case .container, .node: return nil
        }
    }

    private func target(_ id: String, in sandbox: Sandbox) throws -> JoinedProcess {
        let target = try containers.get(id)
        guard target.sandbox === sandbox else {
            throw GantryError(
                .invalidArgument,
                "target_id: the target container \(target.id) is of another pod")
        }
        try requireProcesses(of: sandbox)
        guard case .running(let pid, _) = target.phase else {
            throw GantryError(
                .failedPrecondition, "the target container \(target.id) is not running")
        }
        try InitProcess.requireOwnProcesses(
            of: pid, try runtime(of: sandbox).handler, mayBeNodes: target.sharesNodesProcesses)
        return try JoinedProcess(pid, cgroup: cgroupDirectory(of: target))
    }

    /// - Throws: `failedPrecondition` where containers are processes of a kernel of their own, whose
    ///   namespaces nobody else can name.
    private func requireProcesses(of sandbox: Sandbox) throws {
        let handler = try runtime(of: sandbox).handler
        guard handler.hidesProcesses else { return }
        throw GantryError(
            .failedPrecondition,
            "namespace_options.pid: runtime handler \(handler.name) has a kernel of its own, where no "
                + "container can join the PID namespace of a target")
    }

    /// nil for a pod without a user namespace of its own.
    func layerOwner(_ sandbox: Sandbox) throws -> LayerOwner? {
        try UserMappings(sandbox.namespaces.usernsOptions).map {
            LayerOwner(
                userNamespace: paths.pod(sandbox.id).namespace("user"), group: $0.gids.hostID)
        }
    }

    /// Gives a container's root file system the /etc/mtab that its image may lack.
    func linkMountTable(in root: String, _ sandbox: Sandbox) async throws {
        let mappings = try UserMappings(sandbox.namespaces.usernsOptions)
        try await Blocking.run {
            try RootedPlace.linkMountTable(
                inRoot: root, owner: mappings?.uids.hostID ?? 0, group: mappings?.gids.hostID ?? 0)
        }
    }

    func podNamespaces(_ sandbox: Sandbox) -> PodNamespaces {
        let pod = paths.pod(sandbox.id)
        let own = SandboxResources(node: self, sandbox: sandbox).kinds
        return PodNamespaces(
            network: own.contains(.network) ? pod.namespace("net") : nil,
            ipc: own.contains(.ipc) ? pod.namespace("ipc") : nil,
            uts: own.contains(.uts) ? pod.namespace("uts") : nil,
            user: own.contains(.user) ? pod.namespace("user") : nil,
            pid: sandbox.current.infraPid.map { "/proc/\($0)/ns/pid" })
    }
}
