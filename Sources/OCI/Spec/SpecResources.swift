extension Spec {
    /// Limits of the container's cgroup (config-linux.md, "Control groups"); also what the
    /// runtimes' `update --resources` reads.
    public struct Resources: Codable, Hashable, Sendable {
        public var devices: [DeviceRule]?
        public var memory: Memory?
        public var cpu: CPU?
        public var pids: Pids?
        public var blockIO: BlockIO?
        public var hugepageLimits: [HugepageLimit]?
        /// Files of cgroup v2 and what to write to them.
        public var unified: [String: String]?

        public init() {}
    }

    /// Bytes; -1 is no limit.
    public struct Memory: Codable, Hashable, Sendable {
        public var limit: Int64?
        /// Memory and swap together.
        public var swap: Int64?
        public var reservation: Int64?
        public var kernel: Int64?
        public var kernelTCP: Int64?
        public var swappiness: UInt64?
        public var disableOOMKiller: Bool?
        public var useHierarchy: Bool?

        public init(limit: Int64? = nil, swap: Int64? = nil) {
            self.limit = limit
            self.swap = swap
        }
    }

    public struct CPU: Codable, Hashable, Sendable {
        public var shares: UInt64?
        /// Microseconds of CPU time in each period.
        public var quota: Int64?
        /// Microseconds.
        public var period: UInt64?
        /// Lists as `0-3,6`.
        public var cpus: String?
        public var mems: String?
        public var realtimeRuntime: Int64?
        public var realtimePeriod: UInt64?

        public init() {}
    }

    public struct Pids: Codable, Hashable, Sendable {
        public var limit: Int64

        public init(limit: Int64) {
            self.limit = limit
        }
    }

    public struct HugepageLimit: Codable, Hashable, Sendable {
        /// `2MB`, `1GB`.
        public var pageSize: String
        /// Bytes.
        public var limit: UInt64

        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }
    }

    /// An entry of the device controller's list; nil stands for any.
    public struct DeviceRule: Codable, Hashable, Sendable {
        @OmittedWhenEmpty public var allow: Bool
        public var type: String?
        public var major: Int64?
        public var minor: Int64?
        /// Some of `r`, `w` and `m` (mknod).
        public var access: String?

        public init(
            allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil,
            access: String? = nil
        ) {
            self.allow = allow
            self.type = type
            self.major = major
            self.minor = minor
            self.access = access
        }
    }
}
