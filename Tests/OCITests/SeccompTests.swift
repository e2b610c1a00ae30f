internal import Testing

@testable import OCI

@Suite struct SeccompTests {
    private func rules(_ capabilities: [String]) -> [Spec.SeccompRule] {
        Spec.Seccomp.runtimeDefault(granting: capabilities).syscalls ?? []
    }

    private func action(_ name: String, _ capabilities: [String] = []) -> [String] {
        rules(capabilities).filter { $0.names.contains(name) }.map(\.action)
    }

    @Test func everydayCallsAreAllowedToAll() {
        for name in ["read", "openat", "execve", "mmap", "futex", "clock_gettime", "ptrace"] {
            #expect(action(name) == ["SCMP_ACT_ALLOW"], "\(name)")
        }
    }

    @Test(arguments: [
        ("mount", "CAP_SYS_ADMIN"), ("bpf", "CAP_BPF"), ("chroot", "CAP_SYS_CHROOT"),
        ("init_module", "CAP_SYS_MODULE"), ("settimeofday", "CAP_SYS_TIME"),
        ("syslog", "CAP_SYSLOG"), ("open_by_handle_at", "CAP_DAC_READ_SEARCH"),
    ])
    func callsFollowCapabilities(name: String, capability: String) {
        #expect(action(name) == ["SCMP_ACT_ERRNO"])
        #expect(action(name, [capability]) == ["SCMP_ACT_ALLOW"])
    }

    @Test func someAreForNobody() {
        for name in ["kexec_load", "keyctl", "io_uring_setup", "userfaultfd", "socketcall"] {
            #expect(action(name, Capabilities.known) == ["SCMP_ACT_ERRNO"], "\(name)")
        }
    }

    @Test func newNamespacesNeedSysAdmin() {
        let clone = rules([]).filter { $0.names == ["clone"] }
        #expect(clone.map(\.action) == ["SCMP_ACT_ALLOW"])
        #expect(clone.first?.args?.first?.op == "SCMP_CMP_MASKED_EQ")
        #expect(rules([]).first { $0.names == ["clone3"] }?.errnoRet == 38)
        #expect(action("clone3", ["CAP_SYS_ADMIN"]) == ["SCMP_ACT_ALLOW"])
    }

    /// AF_ALG and AF_VSOCK.
    @Test func socketsOfTwoFamiliesAreForNobody() {
        for family in 0..<64 as Range<UInt64> {
            let sockets = rules(Capabilities.known).filter { $0.names == ["socket"] }
            let admitted = sockets.contains { rule in
                (rule.args ?? []).allSatisfy { Self.holds($0, for: family) }
            }
            #expect(admitted == ![38, 40].contains(family), "\(family)")
        }
    }

    private static func holds(_ test: Spec.SeccompArgument, for value: UInt64) -> Bool {
        switch test.op {
        case "SCMP_CMP_LT": value < test.value
        case "SCMP_CMP_EQ": value == test.value
        case "SCMP_CMP_GT": value > test.value
        case "SCMP_CMP_NE": value != test.value
        default: false
        }
    }

    @Test func noCallHasTwoMeanings() {
        for granted in [[], Capabilities.known] {
            let unconditional = rules(granted).filter { $0.args == nil }.flatMap(\.names)
            #expect(Set(unconditional).count == unconditional.count)
        }
    }

    @Test func whatIsUnknownIsNotImplemented() {
        #expect(Spec.Seccomp.runtimeDefault(granting: []).defaultErrnoRet == 38)
    }
}
