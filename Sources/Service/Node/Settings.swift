public import Image
public import OCI

/// How a node is configured; every value has a default, so that none need be given.
public struct Settings: Sendable {
    /// What must survive a reboot.
    public var root = "/var/lib/gantry"
    /// What a reboot voids.
    public var runRoot = "/run/gantry"
    public var socket = "/run/gantry/gantry.sock"
    /// The group of the socket, by name or number; empty: the daemon's own.
    public var socketGroup = ""
    /// Where cAdvisor finds containerd's API besides; empty: nowhere else.
    public var containerdSocket = ""
    /// nil: systemd where it runs the node, else cgroupfs.
    public var cgroupDriver: OCI.CgroupDriver?
    /// `pod`, or the cgroup below which the pods' monitors live.
    public var monitorCgroup = "pod"
    /// Handlers as configured; when empty, those that are found.
    public var handlers: [OCI.Handler] = []
    /// The handler for pods that name none; when empty, the first.
    public var defaultHandler = ""
    /// Seconds that a command of an OCI runtime, or a CNI plugin, may take before it is killed.
    public var runtimeLimit = 120
    public var networkLimit = 60
    /// Seconds that a file system may take to answer for a path which a pod or the kubelet names.
    public var hostPathLimit = 15
    public var networkConfigDirectories = ["/etc/cni/net.d"]
    public var networkPluginDirectories = ["/opt/cni/bin", "/usr/lib/cni"]
    public var registriesFile = "/etc/containers/registries.conf"
    public var registriesDirectory = "/etc/containers/registries.conf.d"
    /// Directories of CDI files, the later the more they count.
    public var cdiDirectories = ["/etc/cdi", "/var/run/cdi"]
    /// Directories of hooks (oci-hooks(5)), the later the more they count.
    public var hookDirectories = [
        "/usr/share/containers/oci/hooks.d", "/etc/containers/oci/hooks.d",
    ]
    /// The seccomp profile that `RuntimeDefault` stands for, a file; empty: Gantry's own.
    public var seccompProfile = ""
    /// The AppArmor profile that `RuntimeDefault` stands for; empty: Gantry's own.
    public var appArmorProfile = ""
    /// Capabilities of containers that ask for none; empty: the usual ones.
    public var defaultCapabilities: [String] = []
    /// `NAME=VALUE` of every container.
    public var defaultEnvironment: [String] = []
    /// Whether devices belong to the user and group that a container runs as.
    public var ownsDevices = false
    /// Devices that pods may ask for by annotation.
    public var allowedDevices = ["/dev/fuse", "/dev/net/tun"]
    /// Bytes of a pod's /dev/shm.
    public var sharedMemory = ContainerDefaults.usualSharedMemory
    /// The oldest version of TLS that the streaming server speaks: `1.2` or `1.3`.
    public var tlsMinimum = "1.2"
    /// Resource limits of each container's processes, as `nofile=1024:4096`.
    public var defaultUlimits: [String] = []
    /// Sysctls of pods with a network of their own, as `net.core.somaxconn=1024`.
    public var defaultSysctls = [
        "net.ipv4.ip_unprivileged_port_start=0", "net.ipv4.ping_group_range=0 2147483647",
    ]
    /// What becomes of the volumes that images declare.
    public var imageVolumes = ImageVolumesMode.bind
    public var hostDirectories = [
        "/etc/gantry/certs.d", "/etc/containerd/certs.d", "/etc/containers/certs.d",
        "/etc/docker/certs.d",
    ]
    public var authFile = "/etc/gantry/auth.json"
    /// What one layer may be at most: bytes after inflating, and entries.
    public var largestLayer = 128 << 30
    public var mostLayerEntries = 10_000_000
    /// Times its compressed size that a layer may unpack to, once it has so many bytes.
    public var largestLayerRatio = 200
    public var layerRatioFloor = 1 << 30
    /// Bytes that a container may write into its own layer; 0: any number.
    public var writableLayerLimit = 0
    /// How layers are kept; nil: as it works best here.
    public var layerFormat: LayerFormat?
    /// Compressed bytes from which a layer may be fetched in ranges.
    public var longLayer = 256 << 20
    /// Globs of names of images that garbage collection spares.
    public var pinnedImages: [String] = []
    /// Directories whose archives of images are imported at the daemon's start.
    public var imageDirectories: [String] = []
    public var signaturePolicy = "/etc/containers/policy.json"
    /// Where each registry's GPG signatures are.
    public var signatureLookasides = "/etc/containers/registries.d"
    public var signaturePolicyDirectory = "/etc/gantry/policies"
    /// What a process that handles images may take: bytes of memory, and processors, 0 being all; and
    /// the seconds that it is kept for without work.
    public var imageMemory = 1 << 30
    public var imageProcessors = 0
    public var imageIdle = 1
    /// Where `gantry-monitor`, `gantry-images`, `gantry-exec`, `gantry-path` and `gantry-pause` are.
    public var programDirectory = "/usr/libexec/gantry"
    /// Lines that the log of each container takes in a second; 0: any number.
    public var logRateLimit = 0
    public var logLevel = "info"
    /// `text` or `json`.
    public var logFormat = "text"
    /// `HOST:PORT` where Prometheus may read the daemon's metrics; empty: nowhere.
    public var metricsAddress = ""
    /// PEM files; without a certificate that address has no TLS.
    public var metricsCertificate = ""
    public var metricsKey = ""
    public var metricsClientCA = ""
    /// A unix socket for the same; empty: none.
    public var metricsSocket = ""
    /// What ListPodSandboxMetrics tells.
    public var podMetrics = MetricFamily.allCases

    /// Where traces are sent to, as `http://HOST:4318/v1/traces`; empty: nowhere.
    public var traceEndpoint = ""
    /// A PEM file; empty: the system's authorities.
    public var traceCA = ""
    /// Of a million traces that begin here, so many are sent.
    public var traceSampling = 1_000_000

    /// Where exec, attach and port-forward are served; port 0: any that is free.
    public var streamingAddress = "127.0.0.1"
    public var streamingPort = 0
    /// PEM files; without a certificate there is no TLS.
    public var streamingCertificate = ""
    public var streamingKey = ""
    public var streamingClientCA = ""
    /// Seconds of silence after which a stream is closed.
    public var streamingIdleTimeout = 4 * 3600
    /// Clients that may be connected at once.
    public var streamingConnections = 1000

    /// Of block I/O classes; empty: there are none.
    public var blockIOConfigFile = ""

    /// Plugins that tune pods: whether, where, and how long they may take, in seconds.
    public var nri = true
    public var nriSocket = "/var/run/nri/nri.sock"
    public var nriPluginDirectory = "/opt/nri/plugins"
    public var nriConfigDirectory = "/etc/nri/conf.d"
    public var nriRegistrationTimeout = 5
    public var nriRequestTimeout = 2
    /// What the daemon's own validator rejects, by `NRIRule`.
    public var nriRejects: [String] = []
    public var nriRequiredPlugins: [String] = []
    public var nriTolerationAnnotation = ""

    public init() {}

    var monitorProgram: String { "\(programDirectory)/gantry-monitor" }
    var imagesProgram: String { "\(programDirectory)/gantry-images" }
    var execProgram: String { "\(programDirectory)/gantry-exec" }
    var pathProgram: String { "\(programDirectory)/gantry-path" }
    var pauseProgram: String { "\(programDirectory)/gantry-pause" }
}
