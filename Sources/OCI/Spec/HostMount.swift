public import Model

/// A volume of a container whose source has been found, or made, on the node.
public struct HostMount: Hashable, Sendable {
    public enum Sharing: Hashable, Sendable {
        /// The mount that the source lies on has no peers.
        case unshared
        case shared
        /// It gets mounts from the node and gives none.
        case slave
    }

    /// What CRI asks for.
    public var mount: Mount
    /// An absolute path without symbolic links.
    public var source: String
    public var sharing: Sharing
    /// Whether the files at `source` have the IDs that the mount's mappings ask for already.
    public var isMapped = false
    /// Whether the source is a directory, and whether its file system may come not to answer.
    public var isDirectory = true
    public var mayHang = false

    public init(_ mount: Mount, source: String, sharing: Sharing = .shared) {
        self.mount = mount
        self.source = source
        self.sharing = sharing
    }
}

/// Files of the pod that each container gets where it has no mount of its own; nil is none.
public struct PodFiles: Hashable, Sendable {
    public var hosts: String?
    public var hostname: String?
    public var resolvConf: String?
    /// The directory for /dev/shm.
    public var sharedMemory: String?

    public init(
        hosts: String? = nil, hostname: String? = nil, resolvConf: String? = nil,
        sharedMemory: String? = nil
    ) {
        self.hosts = hosts
        self.hostname = hostname
        self.resolvConf = resolvConf
        self.sharedMemory = sharedMemory
    }
}

/// The pod's namespaces that are pinned or held by a process; nil where the pod has none.
public struct PodNamespaces: Hashable, Sendable {
    public var network: String?
    public var ipc: String?
    public var uts: String?
    public var user: String?
    /// The pod's, shared by all of its containers.
    public var pid: String?
    /// The one that this container is to join: the pod's, or that of the container that `target_id`
    /// names.
    public var joinedPid: String?

    public init(
        network: String? = nil, ipc: String? = nil, uts: String? = nil, user: String? = nil,
        pid: String? = nil, joinedPid: String? = nil
    ) {
        self.network = network
        self.ipc = ipc
        self.uts = uts
        self.user = user
        self.pid = pid
        self.joinedPid = joinedPid
    }
}
