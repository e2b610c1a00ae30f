/// What a cgroup has used and may use, read once from its files: cgroup v1 (cgroup-v1/cpuacct.rst,
/// memory.rst, blkio-controller.rst) or v2 (cgroup-v2.rst).
public struct CgroupUsage: Hashable, Sendable {
    public var cpu = CPU()
    public var memory = Memory()
    public var devices: [Device] = []
    public var hugePages: [HugePages] = []
    /// Processes and their threads; nil where the kernel does not count them.
    public var threads: UInt64?
    /// nil is no limit.
    public var threadLimit: UInt64?
    /// Process IDs, in the daemon's namespace.
    public var processes: [Int32] = []
    /// nil on cgroup v1, which knows no pressure of a cgroup.
    public var ioPressure: Pressure?

    public init() {}

    /// Times are in nanoseconds.
    public struct CPU: Hashable, Sendable {
        public var usage: UInt64 = 0
        public var user: UInt64 = 0
        public var system: UInt64 = 0
        public var periods: UInt64 = 0
        public var throttledPeriods: UInt64 = 0
        public var throttledTime: UInt64 = 0
        public var shares: UInt64 = 0
        /// Microseconds.
        public var period: UInt64 = 0
        /// Microseconds in each period; nil is no limit.
        public var quota: UInt64?
        public var pressure: Pressure?
    }

    /// Bytes; nil as a limit is none.
    public struct Memory: Hashable, Sendable {
        /// Page cache included.
        public var usage: UInt64 = 0
        public var limit: UInt64?
        public var highest: UInt64 = 0
        /// How often usage met the limit.
        public var failures: UInt64 = 0
        public var cache: UInt64 = 0
        public var activeFile: UInt64 = 0
        public var inactiveFile: UInt64 = 0
        public var mappedFile: UInt64 = 0
        public var rss: UInt64 = 0
        public var kernel: UInt64 = 0
        public var swap: UInt64 = 0
        /// Of swap alone. On cgroup v1 it follows from the limit of memory and swap together.
        public var swapLimit: UInt64?
        /// As the kernel has it: v1 limits memory and swap together, v2 swap alone.
        public var kernelSwapLimit: UInt64?
        public var reservation: UInt64?
        /// Faults of the cgroup alone, and those of cgroups below it as well.
        public var faults = Faults()
        public var faultsBelow = Faults()
        public var kills: UInt64 = 0
        public var pressure: Pressure?

        /// What cannot be reclaimed at once: the figure that the kubelet evicts by.
        public var workingSet: UInt64 { usage - min(usage, inactiveFile) }
    }

    public struct Faults: Hashable, Sendable {
        public var all: UInt64 = 0
        public var major: UInt64 = 0
    }

    /// What went from and to a block device.
    public struct Device: Hashable, Sendable {
        public let major: UInt32
        public let minor: UInt32
        public var reads: UInt64 = 0
        public var writes: UInt64 = 0
        public var readBytes: UInt64 = 0
        public var writtenBytes: UInt64 = 0

        public init(major: UInt32, minor: UInt32) {
            self.major = major
            self.minor = minor
        }
    }

    public struct HugePages: Hashable, Sendable {
        /// As cgroup files spell it: `2MB`, `1GB`.
        public let size: String
        /// Bytes.
        public var usage: UInt64
        public var highest: UInt64
    }
}

/// What to read besides CPU time and memory.
public struct CgroupParts: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// CPU limits and throttling, user and system time.
    public static let cpuDetails = CgroupParts(rawValue: 1)
    /// Memory's extremes, reservation, kernel memory and kills.
    public static let memoryDetails = CgroupParts(rawValue: 2)
    public static let devices = CgroupParts(rawValue: 4)
    public static let threads = CgroupParts(rawValue: 8)
    public static let processes = CgroupParts(rawValue: 16)
    public static let hugePages = CgroupParts(rawValue: 32)
    public static let pressure = CgroupParts(rawValue: 64)
}

extension CgroupUsage {
    /// Reads it now; blocks the thread.
    /// - Returns: nil when the cgroup has gone.
    public static func read(_ cgroup: Cgroup, _ parts: CgroupParts = []) -> CgroupUsage? {
        cgroup.isFirstVersion ? first(cgroup, parts) : second(cgroup, parts)
    }
}
