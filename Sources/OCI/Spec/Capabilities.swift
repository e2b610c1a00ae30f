internal import Model
internal import Text

/// The capabilities of capabilities(7), in the order of their numbers.
enum Capabilities {
    static let known = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
        "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
        "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE",
        "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
        "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ].map { "CAP_" + $0 }

    /// What a container has that asks for nothing: the set that Docker began with and images rely
    /// on.
    static let byDefault: Set<String> = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW",
        "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
        "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ]

    /// The names of the bits in a mask as /proc/PID/status shows it.
    static func names(inMask mask: UInt64) -> Set<String> {
        Set(known.indices.filter { mask >> UInt64($0) & 1 == 1 }.map { known[$0] })
    }

    /// The sets that `request` makes of the default.
    ///
    /// ALL is applied first, in either list, then the single names (CRI, `Capability`): dropping ALL
    /// and adding one leaves that one. Only ambient capabilities are inheritable, as those of the
    /// inheritable set would reach programs with file capabilities (CVE-2022-24769).
    /// - Parameters:
    ///   - available: what the daemon itself may give.
    ///   - known: what the kernel has; newer ones are passed over, as by the runtimes.
    ///   - usual: what a container has that asks for nothing.
    static func granted(
        _ request: Capability, privileged: Bool, available: Set<String>,
        known: Set<String> = Set(Capabilities.known), usual: Set<String> = byDefault
    ) throws -> Spec.Capabilities {
        if privileged { return Spec.Capabilities(sorted(available)) }
        let ambient = try named(request.addAmbientCapabilities, "add_ambient_capabilities")
        let added = try named(request.addCapabilities, "add_capabilities").union(ambient)
        let dropped = try named(request.dropCapabilities, "drop_capabilities")
        var granted = usual
        if request.addCapabilities.contains(where: isAll) { granted = available }
        if request.dropCapabilities.contains(where: isAll) { granted = [] }
        granted.formUnion(added)
        granted.subtract(dropped)
        try check(added.intersection(granted).intersection(known), available)
        granted.formIntersection(available)
        return Spec.Capabilities(
            sorted(granted), ambient: sorted(ambient.intersection(granted)))
    }

    private static func isAll(_ name: String) -> Bool { name.uppercasedASCII == "ALL" }

    static func named(_ names: [String], _ field: String) throws -> Set<String> {
        Set(
            try names.filter { !isAll($0) }.map { name in
                let upper = name.uppercasedASCII
                let full = upper.begins(with: "CAP_") ? upper : "CAP_" + upper
                guard known.contains(full) else {
                    throw GantryError(
                        .invalidArgument, "\(field): there is no capability \"\(name)\"")
                }
                return full
            })
    }

    private static func check(_ added: Set<String>, _ available: Set<String>) throws {
        let missing = added.subtracting(available)
        guard missing.isEmpty else {
            throw GantryError(
                .failedPrecondition,
                "the daemon itself lacks \(sorted(missing).joined(separator: ", "))")
        }
    }

    private static func sorted(_ names: Set<String>) -> [String] {
        known.filter(names.contains)
    }
}
