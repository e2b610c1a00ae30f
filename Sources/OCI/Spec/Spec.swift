/// `config.json` of an OCI runtime bundle, as far as Gantry writes it (runtime-spec 1.0.2 to 1.2,
/// config.md). A key that is nil is not written.
public struct Spec: Codable, Hashable, Sendable {
    public var ociVersion: String
    public var process: Process
    public var root: Root
    public var hostname: String?
    @OmittedWhenEmpty public var mounts: [Mount]
    public var hooks: Hooks?
    @OmittedWhenEmpty public var annotations: [String: String]
    public var linux: Linux

    public init(
        ociVersion: String = "1.0.2", process: Process, root: Root, hostname: String? = nil,
        mounts: [Mount] = [], hooks: Hooks? = nil, annotations: [String: String] = [:],
        linux: Linux = Linux()
    ) {
        self.ociVersion = ociVersion
        self.process = process
        self.root = root
        self.hostname = hostname
        self.mounts = mounts
        self.hooks = hooks
        self.annotations = annotations
        self.linux = linux
    }
}

extension Spec {
    public struct Root: Codable, Hashable, Sendable {
        public var path: String
        @OmittedWhenEmpty public var readonly: Bool

        public init(path: String, readonly: Bool = false) {
            self.path = path
            self.readonly = readonly
        }
    }

    public struct Mount: Codable, Hashable, Sendable {
        public var destination: String
        public var type: String?
        public var source: String?
        @OmittedWhenEmpty public var options: [String]
        /// Of an id-mapped mount (config.md, "POSIX-platform Mounts", since 1.0.3).
        public var uidMappings: [IDMapping]?
        public var gidMappings: [IDMapping]?

        public init(
            _ destination: String, type: String? = nil, source: String? = nil,
            options: [String] = [], uidMappings: [IDMapping]? = nil,
            gidMappings: [IDMapping]? = nil
        ) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
            self.uidMappings = uidMappings
            self.gidMappings = gidMappings
        }
    }

    /// IDs from `containerID` inside the user namespace are those from `hostID` outside of it.
    public struct IDMapping: Codable, Hashable, Sendable {
        public var containerID: UInt32
        public var hostID: UInt32
        public var size: UInt32

        public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
            self.containerID = containerID
            self.hostID = hostID
            self.size = size
        }
    }

    public struct Hook: Codable, Hashable, Sendable {
        public var path: String
        public var args: [String]?
        public var env: [String]?
        /// Seconds.
        public var timeout: Int?

        public init(path: String, args: [String]? = nil, env: [String]? = nil, timeout: Int? = nil)
        {
            self.path = path
            self.args = args
            self.env = env
            self.timeout = timeout
        }
    }

    public struct Hooks: Codable, Hashable, Sendable {
        public var prestart: [Hook]?
        public var createRuntime: [Hook]?
        public var createContainer: [Hook]?
        public var startContainer: [Hook]?
        public var poststart: [Hook]?
        public var poststop: [Hook]?

        public init() {}
    }
}
