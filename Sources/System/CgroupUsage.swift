internal import Kernel

/// What a cgroup has used, read once from its files: cgroup v1 (cgroup-v1/cpuacct.rst, memory.rst) or
/// v2 (cgroup-v2.rst).
public struct CgroupUsage: Hashable, Sendable {
    /// Nanoseconds of CPU time.
    public var cpu: UInt64 = 0
    /// Bytes, page cache included.
    public var memory: UInt64 = 0
    /// nil is no limit.
    public var memoryLimit: UInt64?
    public var inactiveFile: UInt64 = 0
    public var rss: UInt64 = 0
    public var pageFaults: UInt64 = 0
    public var majorPageFaults: UInt64 = 0

    public init() {}

    /// What cannot be reclaimed at once: the figure that the kubelet evicts by.
    public var workingSet: UInt64 { memory - min(memory, inactiveFile) }

    /// - Parameter pid: a process in the cgroup.
    /// - Returns: nil when the process or its cgroup has gone.
    public static func of(pid: Int32) async throws -> CgroupUsage? {
        try await Blocking.run {
            guard let text = try? Files.readText("/proc/\(pid)/cgroup") else { return nil }
            let membership = CgroupMembership(text)
            return membership.hasController("memory") ? first(membership) : second(membership)
        }
    }

    private static func first(_ membership: CgroupMembership) -> CgroupUsage? {
        guard let cpu = number(membership.file("cpuacct", "cpuacct.usage")),
            let memory = number(membership.file("memory", "memory.usage_in_bytes"))
        else { return nil }
        var usage = CgroupUsage()
        usage.cpu = cpu
        usage.memory = memory
        usage.memoryLimit = number(membership.file("memory", "memory.limit_in_bytes"))
            .flatMap { $0 < unlimited ? $0 : nil }
        let stat = FlatKeys(text(membership.file("memory", "memory.stat")))
        usage.inactiveFile = stat["total_inactive_file"]
        usage.rss = stat["total_rss"]
        usage.pageFaults = stat["total_pgfault"]
        usage.majorPageFaults = stat["total_pgmajfault"]
        return usage
    }

    private static func second(_ membership: CgroupMembership) -> CgroupUsage? {
        guard let memory = number(membership.file("", "memory.current")) else { return nil }
        var usage = CgroupUsage()
        usage.cpu = FlatKeys(text(membership.file("", "cpu.stat")))["usage_usec"] * 1000
        usage.memory = memory
        usage.memoryLimit = number(membership.file("", "memory.max"))
        let stat = FlatKeys(text(membership.file("", "memory.stat")))
        usage.inactiveFile = stat["inactive_file"]
        usage.rss = stat["anon"]
        usage.pageFaults = stat["pgfault"]
        usage.majorPageFaults = stat["pgmajfault"]
        return usage
    }

    /// cgroup v1 has no word for it but the largest number of pages.
    private static let unlimited: UInt64 = 1 << 62

    private static func text(_ path: String) -> String {
        (try? Files.readText(path)) ?? ""
    }

    private static func number(_ path: String) -> UInt64? {
        UInt64(text(path).prefix { $0.isNumber })
    }
}

/// Which cgroup of each hierarchy a process is in: `/proc/pid/cgroup` (cgroups(7)).
struct CgroupMembership {
    private var paths: [String: String] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(controller)] = String(parts[2])
            }
        }
    }

    func hasController(_ name: String) -> Bool { paths[name] != nil }

    /// The path of a file; the unified hierarchy has no controller's name.
    func file(_ controller: String, _ name: String) -> String {
        let mount = controller.isEmpty ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(controller)"
        return "\(mount)\(paths[controller] ?? "")/\(name)"
    }
}

/// A file of `key value` lines. A key that is not there reads as zero.
struct FlatKeys {
    private var values: [Substring: UInt64] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { values[parts[0]] = UInt64(parts[1]) }
        }
    }

    subscript(key: Substring) -> UInt64 { values[key] ?? 0 }
}
