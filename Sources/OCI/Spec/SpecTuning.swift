extension Spec {
    /// sched_setattr(2) for the container's process (config.md, "Linux Process", since 1.1).
    public struct Scheduler: Codable, Hashable, Sendable {
        /// `SCHED_…`.
        public var policy: String
        public var nice: Int32?
        public var priority: Int32?
        /// `SCHED_FLAG_…`.
        public var flags: [String]?
        /// Nanoseconds, for SCHED_DEADLINE.
        public var runtime: UInt64?
        public var deadline: UInt64?
        public var period: UInt64?

        public init(policy: String) {
            self.policy = policy
        }
    }

    /// ioprio_set(2) for it.
    public struct IOPriority: Codable, Hashable, Sendable {
        /// `IOPRIO_CLASS_…`.
        public var `class`: String
        public var priority: Int32

        public init(_ class: String, priority: Int32) {
            self.class = `class`
            self.priority = priority
        }
    }

    /// The class of service whose caches and memory bandwidth it uses (config-linux.md, "IntelRdt").
    public struct IntelRdt: Codable, Hashable, Sendable {
        public var closID: String?
        public var schemata: [String]?
        public var enableMonitoring: Bool?

        public init() {}
    }

    /// A network interface of the node that moves into it (config-linux.md, "Network Devices").
    public struct NetDevice: Codable, Hashable, Sendable {
        /// Its name in the container; nil keeps it.
        public var name: String?

        public init(name: String? = nil) {
            self.name = name
        }
    }

    /// set_mempolicy(2) for its process (config-linux.md, "Memory policy").
    public struct MemoryPolicy: Codable, Hashable, Sendable {
        /// `MPOL_…`.
        public var mode: String
        /// A list as `0-3,6`.
        public var nodes: String
        /// `MPOL_F_…`.
        public var flags: [String]?

        public init(mode: String, nodes: String, flags: [String]? = nil) {
            self.mode = mode
            self.nodes = nodes
            self.flags = flags
        }
    }
}

extension HandlerFeatures {
    /// Whether the runtime takes a scheduler and an I/O priority, for which `features` has no word.
    public var tunesProcesses: Bool { isAtLeast(1, 1) }

    /// The version to write for a spec that has what came after 1.0.
    public func ociVersion(of spec: Spec) -> String {
        let linux = spec.linux
        if linux.netDevices != nil || linux.memoryPolicy != nil { return "1.3.0" }
        if let rdt = linux.intelRdt, rdt.schemata != nil || rdt.enableMonitoring != nil {
            return "1.3.0"
        }
        if spec.process.scheduler != nil || spec.process.ioPriority != nil { return "1.1.0" }
        return spec.ociVersion
    }

    private func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        let parts = ociVersionMax.utf8.split(separator: UInt8(ascii: ".")).prefix(2).map {
            Int(String(decoding: $0, as: UTF8.self)) ?? 0
        }
        guard parts.count == 2 else { return false }
        return parts[0] > major || (parts[0] == major && parts[1] >= minor)
    }
}
