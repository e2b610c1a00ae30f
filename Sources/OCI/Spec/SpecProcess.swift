extension Spec {
    /// What runs in the container, or by `exec` in one that is there (config.md, "Process").
    public struct Process: Codable, Hashable, Sendable {
        @OmittedWhenEmpty public var terminal: Bool
        public var consoleSize: ConsoleSize?
        public var user: User
        @OmittedWhenEmpty public var args: [String]
        @OmittedWhenEmpty public var env: [String]
        public var cwd: String
        public var capabilities: Capabilities?
        public var rlimits: [Rlimit]?
        @OmittedWhenEmpty public var noNewPrivileges: Bool
        public var apparmorProfile: String?
        public var selinuxLabel: String?
        public var oomScoreAdj: Int?
        public var scheduler: Scheduler?
        public var ioPriority: IOPriority?

        public init(
            args: [String], env: [String] = [], cwd: String = "/", user: User = User(),
            terminal: Bool = false, capabilities: Capabilities? = nil,
            noNewPrivileges: Bool = false
        ) {
            self.args = args
            self.env = env
            self.cwd = cwd
            self.user = user
            self.terminal = terminal
            self.capabilities = capabilities
            self.noNewPrivileges = noNewPrivileges
        }
    }

    /// In characters.
    public struct ConsoleSize: Codable, Hashable, Sendable {
        public var height: UInt32
        public var width: UInt32

        public init(height: UInt32, width: UInt32) {
            self.height = height
            self.width = width
        }
    }

    /// IDs as the container sees them.
    public struct User: Codable, Hashable, Sendable {
        public var uid: UInt32
        public var gid: UInt32
        public var additionalGids: [UInt32]?

        public init(uid: UInt32 = 0, gid: UInt32 = 0, additionalGids: [UInt32]? = nil) {
            self.uid = uid
            self.gid = gid
            self.additionalGids = additionalGids
        }
    }

    /// The five sets of capabilities(7), by names with `CAP_`.
    public struct Capabilities: Codable, Hashable, Sendable {
        @OmittedWhenEmpty public var bounding: [String]
        @OmittedWhenEmpty public var effective: [String]
        @OmittedWhenEmpty public var permitted: [String]
        @OmittedWhenEmpty public var inheritable: [String]
        @OmittedWhenEmpty public var ambient: [String]

        public init(_ granted: [String] = [], ambient: [String] = []) {
            bounding = granted
            effective = granted
            permitted = granted
            inheritable = ambient
            self.ambient = ambient
        }
    }

    /// `type` is a name of getrlimit(2), as `RLIMIT_NOFILE`.
    public struct Rlimit: Codable, Hashable, Sendable {
        public var type: String
        public var hard: UInt64
        public var soft: UInt64

        public init(_ type: String, soft: UInt64, hard: UInt64) {
            self.type = type
            self.hard = hard
            self.soft = soft
        }
    }
}
