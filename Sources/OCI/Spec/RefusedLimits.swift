/// A limit that the kernel refuses when a runtime writes it to a cgroup's file.
extension Spec.Resources {
    /// The field of LinuxContainerResources that was asked for and that the file is about which the
    /// runtime's message names; nil when the message is about something else.
    func field(refusedIn message: String) -> String? {
        let file = Self.files.first { file in
            file.isAsked(self) && file.names.contains(where: message.contains)
        }
        let isUnified = (unified ?? [:]).keys.contains(where: message.contains)
        return file?.field ?? (isUnified ? "unified" : nil)
    }

    private typealias File = (field: String, names: [String], isAsked: @Sendable (Self) -> Bool)

    /// By their names in cgroup v1 and v2 (cgroup-v1/*.rst, cgroup-v2.rst).
    private static let files: [File] = [
        ("cpuset_cpus", ["cpuset.cpus"], { $0.cpu?.cpus != nil }),
        ("cpuset_mems", ["cpuset.mems"], { $0.cpu?.mems != nil }),
        ("cpu_quota", ["cpu.cfs_quota_us", "cpu.max"], { $0.cpu?.quota != nil }),
        ("cpu_period", ["cpu.cfs_period_us", "cpu.max"], { $0.cpu?.period != nil }),
        ("cpu_shares", ["cpu.shares", "cpu.weight"], { $0.cpu?.shares != nil }),
        (
            "memory_swap_limit_in_bytes", ["memory.memsw.limit_in_bytes", "memory.swap.max"],
            { $0.memory?.swap != nil }
        ),
        (
            "memory_limit_in_bytes",
            [
                "memory.limit_in_bytes", "memory.max", "memory limit too low",
                "memory limit could be too low", "unable to set memory limit to",
            ],
            { $0.memory?.limit != nil }
        ),
        ("hugepage_limits", ["hugetlb."], { $0.hugepageLimits != nil }),
    ]
}
