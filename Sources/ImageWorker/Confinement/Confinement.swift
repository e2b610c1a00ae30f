internal import CLinux
internal import Glibc
internal import Kernel

/// What this process gives away before it reads the first byte of a stranger, for good. It must have
/// one thread when it does.
public struct Confinement: Sendable {
    /// Bytes of memory that it may have of its own.
    private let memory: UInt64
    /// On how many processors it runs; 0 is all.
    private let processors: Int32
    private let isNobody: Bool

    /// - Parameter arguments: those of the program: bytes, processors, and the ID of its user, which is root or nobody.
    /// - Returns: nil when there are others.
    public init?(arguments: [String]) {
        guard arguments.count == 4, let memory = UInt64(arguments[1]),
            let processors = Int32(arguments[2]), ["0", "65534"].contains(arguments[3])
        else { return nil }
        self.memory = memory
        self.processors = processors
        isNobody = arguments[3] != "0"
    }

    /// What unpacking a layer needs (capabilities(7), linux/capability.h): any owner, any mode, devices,
    /// file capabilities; and CAP_SYS_ADMIN, without which `trusted.overlay.opaque` can be neither set nor
    /// read (xattr(7)). What else that would allow has no system call left.
    private static let capabilities: [UInt64] = [
        0 /* CHOWN */, 1 /* DAC_OVERRIDE */, 3 /* FOWNER */, 4 /* FSETID */, 21 /* SYS_ADMIN */,
        27 /* MKNOD */, 31, /* SETFCAP */
    ]

    /// - Returns: what this node cannot do, each with its reason.
    public func enter() -> [String] {
        let kept = Self.capabilities.reduce(UInt64(0)) { $0 | 1 << $1 }
        let steps: [(name: String, take: () throws(SystemError) -> Void)] = [
            ("end with the daemon", { () throws(SystemError) in try Self.dieWithParent() }),
            (
                "no_new_privs",
                { () throws(SystemError) in
                    try syscall("prctl") { gantry_no_new_privileges() }
                }
            ),
            ("limits", { () throws(SystemError) in try self.limit() }),
            (
                "a mount view of its own",
                { () throws(SystemError) in
                    try MountView().enter()
                }
            ),
            (
                "fewer capabilities",
                { () throws(SystemError) in
                    let isNobody = self.isNobody
                    try syscall("capset") {
                        isNobody ? gantry_become_nobody() : gantry_keep_capabilities(kept)
                    }
                }
            ),
            // Changed credentials undo it.
            ("end with the daemon", { () throws(SystemError) in try Self.dieWithParent() }),
            ("Landlock", { () throws(SystemError) in try self.restrict() }),
            ("seccomp", { () throws(SystemError) in try syscall("seccomp") { gantry_seccomp() } }),
        ]
        return steps.compactMap { step in
            do throws(SystemError) {
                try step.take()
                return nil
            } catch {
                return "\(step.name): \(error)"
            }
        }
    }

    private static func dieWithParent() throws(SystemError) {
        try syscall("prctl") { gantry_set_death_signal(SIGKILL) }
    }

    /// Whoever unpacks layers goes without: Landlock keeps a process from linking and renaming between
    /// directories unless it is told of them beforehand (landlock(7), LANDLOCK_ACCESS_FS_REFER).
    private func restrict() throws(SystemError) {
        if isNobody { try syscall("landlock_restrict_self") { gantry_landlock() } }
    }

    private func limit() throws(SystemError) {
        // A dump would have credentials in it.
        try syscall("setrlimit") { gantry_set_limit(GANTRY_RLIMIT_CORE, 0) }
        try syscall("setrlimit") { gantry_set_limit(GANTRY_RLIMIT_DATA, memory) }
        if processors > 0 { try syscall("sched_setaffinity") { gantry_use_processors(processors) } }
    }
}
