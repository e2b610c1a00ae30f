internal import Model
internal import Testing

@testable import OCI

/// What could not take effect as asked.
@Suite struct RefusalTests {
    private func refuse(
        _ part: String, _ change: (inout SpecRequest) -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var request = plainRequest()
        change(&request)
        expectError(.invalidArgument, part, sourceLocation: sourceLocation) {
            try SpecBuilder.container(request)
        }
    }

    @Test func fieldsOfTheContainer() {
        refuse("working_dir \"tmp\" is not absolute") { $0.container.workingDir = "tmp" }
        refuse("target_id is for") {
            $0.container.linux?.securityContext = LinuxContainerSecurityContext(
                namespaceOptions: NamespaceOption(pid: .container, targetId: "x"))
        }
        for (key, value) in [("", "x"), ("A=B", "x"), ("A", "\0")] {
            refuse("is no name, or its value no value") {
                $0.container.envs = [KeyValue(key: key, value: Array(value.utf8))]
            }
        }
    }

    /// Hints about what the node has not got, which no runtime refuses.
    @Test func whatIsPassedOver() throws {
        var request = plainRequest(
            security: LinuxContainerSecurityContext(
                capabilities: Capability(addCapabilities: ["CHECKPOINT_RESTORE", "KILL"]),
                selinuxOptions: SELinuxOption(level: "s0:c0,c1")))
        request.container.windows = WindowsContainerConfig()
        request.host.knownCapabilities.remove("CAP_CHECKPOINT_RESTORE")
        request.host.capabilities.remove("CAP_CHECKPOINT_RESTORE")
        let spec = try SpecBuilder.container(request)
        #expect(spec.process.capabilities?.bounding.contains("CAP_KILL") == true)
        #expect(spec.process.capabilities?.bounding.contains("CAP_CHECKPOINT_RESTORE") == false)
    }

    @Test func swapThatTheNodeCannotLimit() throws {
        var host = plainRequest().host
        host.limitsSwap = false
        let asked = { LinuxContainerResources(memoryLimitInBytes: 10, memorySwapLimitInBytes: $0) }
        for swap: Int64 in [-1, 0, 10, 20] {
            #expect(try Spec.Resources(asked(swap), host).memory == Spec.Memory(limit: 10))
        }
    }

    @Test func ulimits() throws {
        #expect(
            try Spec.Rlimit(ulimit: "nofile=1:2") == Spec.Rlimit("RLIMIT_NOFILE", soft: 1, hard: 2))
        #expect(
            try Spec.Rlimit(ulimit: "core=-1")
                == Spec.Rlimit("RLIMIT_CORE", soft: .max, hard: .max))
        for text in ["", "nofile", "nofile=", "nofile=2:1", "nofile=1:2:3", "files=1", "core=x"] {
            expectError(.invalidArgument, "is no limit") { try Spec.Rlimit(ulimit: text) }
        }
    }

    @Test func theSandboxsOwnProcess() throws {
        var request = plainRequest(
            pod: LinuxSandboxSecurityContext(
                namespaceOptions: NamespaceOption(), runAsUser: Int64Value(value: 7),
                runAsGroup: Int64Value(value: 8), supplementalGroups: [9],
                seccomp: SecurityProfile()))
        request.namespaces.pid = nil
        let spec = try SpecBuilder.infra(
            InfraRequest(
                sandboxId: "s1", sandbox: request.sandbox, rootfs: "/pause",
                namespaces: request.namespaces, cgroup: request.cgroup, handler: request.handler))
        #expect(spec.process.user == Spec.User(uid: 7, gid: 8, additionalGids: [8, 9]))
        #expect(spec.linux.seccomp != nil)
        #expect(spec.root.readonly && spec.process.capabilities == Spec.Capabilities())
    }
}
