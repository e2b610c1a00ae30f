/// The profile `RuntimeDefault`.
///
/// What every program needs is allowed; what needs a capability is allowed to containers that have
/// it. What is refused on purpose fails with EPERM, and what this profile has never heard of with
/// ENOSYS, so that libraries fall back from system calls that are newer than it.
extension Spec.Seccomp {
    static func runtimeDefault(granting capabilities: [String]) -> Spec.Seccomp {
        let granted = Set(capabilities)
        let allowed = SeccompSyscalls.byCapability.filter {
            !$0.capabilities.isDisjoint(with: granted)
        }
        let refused = SeccompSyscalls.byCapability.filter {
            $0.capabilities.isDisjoint(with: granted)
        }
        var rules = [
            Spec.SeccompRule(SeccompSyscalls.always + allowed.flatMap(\.names)),
            .refused(SeccompSyscalls.never + refused.flatMap(\.names).filter { !isClone($0) }),
        ]
        rules += personalities + sockets
        if !granted.contains("CAP_SYS_ADMIN") { rules += clones }
        return Spec.Seccomp(
            defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: notImplemented,
            architectures: architectures, syscalls: rules)
    }

    /// errno numbers, the same on the architectures below.
    private static let notPermitted: UInt32 = 1
    private static let notImplemented: UInt32 = 38

    /// The native one and its 32-bit one. Each costs some 4 ms of libseccomp's time a container, so
    /// x32, which kernels have switched off, is left out; its calls end the process.
    #if arch(arm64)
        private static let architectures = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    #else
        private static let architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
    #endif

    private static func isClone(_ name: String) -> Bool { name == "clone" || name == "clone3" }

    /// No new namespaces. The flags of clone3 are in memory, where a filter cannot read them, so it
    /// is "not implemented" and libc takes clone.
    private static let clones: [Spec.SeccompRule] = [
        Spec.SeccompRule(
            ["clone"],
            args: [.init(index: 0, value: newNamespaces, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ")]),
        Spec.SeccompRule(["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: notImplemented),
    ]

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (sched.h).
    private static let newNamespaces: UInt64 = 0x7e02_0000

    /// PER_LINUX, PER_LINUX32, both with UNAME26, and the query (personality(2)): the others turn
    /// protections off.
    private static let personalities = [0, 0x8, 0x20000, 0x20008, 0xffff_ffff].map {
        Spec.SeccompRule(["personality"], args: [.init(index: 0, value: $0, op: "SCMP_CMP_EQ")])
    }

    /// All families but AF_VSOCK (40), which reaches the hypervisor from any network namespace, and
    /// AF_ALG (38), a history of holes. One comparison each: of several with the same argument in one
    /// rule, runtimes make alternatives.
    private static let sockets = [
        Spec.SeccompArgument(index: 0, value: 38, op: "SCMP_CMP_LT"),
        Spec.SeccompArgument(index: 0, value: 39, op: "SCMP_CMP_EQ"),
        Spec.SeccompArgument(index: 0, value: 40, op: "SCMP_CMP_GT"),
    ].map { Spec.SeccompRule(["socket"], args: [$0]) }
}

extension Spec.SeccompRule {
    fileprivate static func refused(_ names: [String]) -> Spec.SeccompRule {
        Spec.SeccompRule(names, action: "SCMP_ACT_ERRNO", errnoRet: 1)
    }
}
