public import Model

/// What the spec of a sandbox's infra container follows from: it holds a PID namespace, or is the
/// sandbox that gVisor and virtual machines put containers into.
public struct InfraRequest: Sendable {
    public var sandboxId: String
    public var sandbox: PodSandboxConfig
    /// A root file system with our static pause program.
    public var rootfs: String
    public var arguments: [String]
    public var namespaces: PodNamespaces
    public var files = PodFiles()
    public var cgroup: CgroupPath
    public var handler: Handler
    public var host = HostFacts()
    public var appArmor = AppArmor()
    /// The profile that the sandbox's seccomp field names as `Localhost`.
    public var localhostSeccomp: Spec.Seccomp?
    public var defaults = ContainerDefaults()

    public init(
        sandboxId: String, sandbox: PodSandboxConfig, rootfs: String,
        arguments: [String] = ["/pause"],
        namespaces: PodNamespaces, cgroup: CgroupPath, handler: Handler
    ) {
        self.sandboxId = sandboxId
        self.sandbox = sandbox
        self.rootfs = rootfs
        self.arguments = arguments
        self.namespaces = namespaces
        self.cgroup = cgroup
        self.handler = handler
    }
}

extension SpecBuilder {
    /// The spec of the infra container: the pod's namespaces, a read-only root, no capability.
    ///
    /// The pod's sysctls are set where its namespaces are made.
    public static func infra(_ infra: InfraRequest) throws -> Spec {
        var container = ContainerConfig(command: infra.arguments)
        let security = infra.sandbox.linux?.securityContext ?? LinuxSandboxSecurityContext()
        var options = security.namespaceOptions ?? NamespaceOption()
        if options.pid == .pod { options.pid = .container }
        container.linux = LinuxContainerConfig(
            resources: LinuxContainerResources(oomScoreAdj: -998),
            securityContext: LinuxContainerSecurityContext(
                capabilities: Capability(dropCapabilities: ["ALL"]), namespaceOptions: options,
                selinuxOptions: security.selinuxOptions, readonlyRootfs: true, noNewPrivs: true,
                seccomp: security.seccomp, apparmor: security.apparmor,
                seccompProfilePath: security.seccompProfilePath))
        var spec = try self.container(try request(infra, container))
        spec.annotations.merge(CRIAnnotation.ofInfra(infra.sandbox)) { $1 }
        spec.annotations[CRIAnnotation.containerName] = nil
        spec.annotations[CRIAnnotation.imageName] = nil
        return spec
    }

    private static func request(
        _ infra: InfraRequest, _ container: ContainerConfig
    ) throws -> SpecRequest {
        var request = SpecRequest(
            containerId: infra.sandboxId, sandboxId: infra.sandboxId, container: container,
            sandbox: infra.sandbox, image: ImageConfig(), user: try user(infra),
            rootfs: infra.rootfs, cgroup: infra.cgroup, handler: infra.handler)
        request.namespaces = infra.namespaces
        request.files = infra.files
        request.host = infra.host
        request.appArmor = infra.appArmor
        request.localhostSeccomp = infra.localhostSeccomp
        request.defaults = infra.defaults
        return request
    }

    /// Whom the sandbox's own process runs as; its root file system knows no names.
    private static func user(_ infra: InfraRequest) throws -> ResolvedUser {
        let security = infra.sandbox.linux?.securityContext ?? LinuxSandboxSecurityContext()
        var request = UserRequest()
        request.runAsUser = security.runAsUser?.value ?? 0
        request.runAsGroup = security.runAsGroup?.value
        request.supplementalGroups = security.supplementalGroups
        request.isStrict = security.supplementalGroupsPolicy == .strict
        return try request.resolve(in: UserDatabase())
    }
}
