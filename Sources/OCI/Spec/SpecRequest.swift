public import Model

/// All that the spec of a container follows from.
public struct SpecRequest: Sendable {
    public var containerId: String
    public var sandboxId: String
    public var container: ContainerConfig
    public var sandbox: PodSandboxConfig
    public var image: ImageConfig
    public var user: ResolvedUser
    /// The root file system's directory.
    public var rootfs: String
    /// `container.mounts`, found on the node.
    public var mounts: [HostMount] = []
    /// Those that its image declares (`VOLUME`).
    public var imageVolumes: [HostMount] = []
    /// `container.devices`, found on the node; all of its devices when it is privileged.
    public var devices: [HostDevice] = []
    public var files = PodFiles()
    /// The name of the pod's UTS namespace, as programs find it in HOSTNAME.
    public var hostname = ""
    public var namespaces = PodNamespaces()
    public var cgroup: CgroupPath
    public var handler: Handler
    public var features = HandlerFeatures()
    public var host = HostFacts()
    /// The profile that the seccomp field names as `Localhost`.
    public var localhostSeccomp: Spec.Seccomp?
    public var appArmor = AppArmor()
    public var rlimits: [Spec.Rlimit] = []
    public var defaults = ContainerDefaults()
    /// What its CDI devices bring.
    public var injection = Injection()

    public init(
        containerId: String, sandboxId: String, container: ContainerConfig,
        sandbox: PodSandboxConfig, image: ImageConfig, user: ResolvedUser, rootfs: String,
        cgroup: CgroupPath, handler: Handler
    ) {
        self.containerId = containerId
        self.sandboxId = sandboxId
        self.container = container
        self.sandbox = sandbox
        self.image = image
        self.user = user
        self.rootfs = rootfs
        self.cgroup = cgroup
        self.handler = handler
    }
}
