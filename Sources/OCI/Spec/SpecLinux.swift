extension Spec {
    /// config-linux.md.
    public struct Linux: Codable, Hashable, Sendable {
        @OmittedWhenEmpty public var namespaces: [Namespace]
        public var uidMappings: [IDMapping]?
        public var gidMappings: [IDMapping]?
        public var devices: [Device]?
        public var cgroupsPath: String?
        public var resources: Resources?
        /// `private`, `slave`, `shared` or `unbindable`, with `r` before it for the whole tree.
        public var rootfsPropagation: String?
        public var seccomp: Seccomp?
        public var sysctl: [String: String]?
        public var maskedPaths: [String]?
        public var readonlyPaths: [String]?
        /// The SELinux label of the mounts.
        public var mountLabel: String?
        public var intelRdt: IntelRdt?
        /// By their names on the node.
        public var netDevices: [String: NetDevice]?
        public var memoryPolicy: MemoryPolicy?

        public init(namespaces: [Namespace] = [], cgroupsPath: String? = nil) {
            self.namespaces = namespaces
            self.cgroupsPath = cgroupsPath
        }
    }

    /// A namespace of the container: a new one, or the one at `path`. What is not listed is shared
    /// with the runtime's caller.
    public struct Namespace: Codable, Hashable, Sendable {
        public enum Kind: String, Codable, Sendable {
            case pid, network, mount, ipc, uts, user, cgroup
        }

        public var type: Kind
        public var path: String?

        public init(_ type: Kind, path: String? = nil) {
            self.type = type
            self.path = path
        }
    }

    /// A device node to make inside the container.
    public struct Device: Codable, Hashable, Sendable {
        public var path: String
        /// `c`, `b`, `u` or `p`.
        public var type: String
        public var major: Int64
        public var minor: Int64
        public var fileMode: UInt32?
        public var uid: UInt32?
        public var gid: UInt32?

        public init(
            path: String, type: String, major: Int64, minor: Int64, fileMode: UInt32? = nil,
            uid: UInt32? = nil, gid: UInt32? = nil
        ) {
            self.path = path
            self.type = type
            self.major = major
            self.minor = minor
            self.fileMode = fileMode
            self.uid = uid
            self.gid = gid
        }
    }
}
