internal import Model
internal import Testing

@testable import OCI

@Suite struct SecurityTests {
    private func linux(_ security: LinuxContainerSecurityContext) throws -> Spec.Linux {
        try SpecBuilder.container(plainRequest(security: security)).linux
    }

    @Test func pathsOfProc() throws {
        let byDefault = try linux(LinuxContainerSecurityContext())
        #expect(byDefault.maskedPaths?.contains("/proc/kcore") == true)
        #expect(byDefault.readonlyPaths?.contains("/proc/sys") == true)
        let own = try linux(
            LinuxContainerSecurityContext(maskedPaths: ["/bin/ls"], readonlyPaths: ["/tmp"]))
        #expect(own.maskedPaths == ["/bin/ls"])
        #expect(own.readonlyPaths == ["/tmp"])
    }

    @Test func whatTellsOfTheProcessorsHeatIsMasked() async throws {
        let names = ["cpu0", "cpu11"].map { "\($0)/thermal_throttle/core_throttle_count" }
        let files = Dictionary(uniqueKeysWithValues: (names + ["cpu2/online"]).map { ($0, "") })
        try await withDirectory(files) { directory in
            var request = plainRequest()
            request.host.thermalPaths = HostFacts.thermalPaths(in: directory)
            let masked = try SpecBuilder.container(request).linux.maskedPaths ?? []
            #expect(
                masked.filter { $0.hasPrefix(directory) }.sorted() == [
                    "\(directory)/cpu0/thermal_throttle", "\(directory)/cpu11/thermal_throttle",
                ])
        }
    }

    @Test func unmaskedProcNeedsAUserNamespace() throws {
        let ids = [IDMapping(hostId: 100_000, containerId: 0, length: 65536)]
        let options = NamespaceOption(
            pid: .container, usernsOptions: UserNamespace(uids: ids, gids: ids))
        var request = plainRequest(pod: LinuxSandboxSecurityContext(namespaceOptions: options))
        request.namespaces.user = "/ns/user"
        let linux = try SpecBuilder.container(request).linux
        #expect(linux.maskedPaths == nil)
        #expect(linux.readonlyPaths == nil)
    }

    @Test func seccompByEachName() throws {
        #expect(try linux(LinuxContainerSecurityContext()).seccomp == nil)
        let forms = [
            LinuxContainerSecurityContext(seccomp: SecurityProfile()),
            LinuxContainerSecurityContext(seccompProfilePath: "runtime/default"),
        ]
        for form in forms { #expect(try linux(form).seccomp?.defaultAction == "SCMP_ACT_ERRNO") }
        var both = LinuxContainerSecurityContext(seccompProfilePath: "runtime/default")
        both.seccomp = SecurityProfile(profileType: .unconfined)
        #expect(try linux(both).seccomp == nil)
        expectError(.invalidArgument, "no security profile \"x\"") {
            try linux(LinuxContainerSecurityContext(seccompProfilePath: "x"))
        }
    }

    @Test func seccompLocalhost() throws {
        let profile = SecurityProfile(profileType: .localhost, localhostRef: "/p.json")
        var request = plainRequest(security: LinuxContainerSecurityContext(seccomp: profile))
        expectError(.invalidArgument, "\"/p.json\" is not loaded") {
            try SpecBuilder.container(request)
        }
        request.localhostSeccomp = Spec.Seccomp(defaultAction: "SCMP_ACT_ALLOW")
        #expect(
            try SpecBuilder.container(request).linux.seccomp?.defaultAction == "SCMP_ACT_ALLOW")
        request.host.hasSeccomp = false
        expectError(.failedPrecondition, "kernel has no seccomp") {
            try SpecBuilder.container(request)
        }
    }

    @Test func seLinux() throws {
        let options = SELinuxOption(user: "u", role: "r", type: "t", level: "s0:c1,c2")
        var request = plainRequest(
            security: LinuxContainerSecurityContext(selinuxOptions: options))
        let plain = try SpecBuilder.container(request)
        #expect(plain.process.selinuxLabel == nil && plain.linux.mountLabel == nil)
        request.host.hasSELinux = true
        let spec = try SpecBuilder.container(request)
        #expect(spec.process.selinuxLabel == "u:r:t:s0:c1,c2")
        #expect(spec.linux.mountLabel == "u:object_r:container_file_t:s0:c1,c2")
    }

    @Test func aPodsContainersShareALevelOfTheirOwn() {
        func process(_ pod: String) -> String {
            SELinuxLabels(SELinuxOption(), privileged: false, sandboxId: pod).process
        }
        #expect(process("a") == process("a"))
        #expect(process("a") != process("b"))
        #expect(process("a").hasPrefix("system_u:system_r:container_t:s0:c"))
    }

    @Test func privileged() throws {
        let profile = SecurityProfile(profileType: .localhost, localhostRef: "/p.json")
        var request = plainRequest(
            security: LinuxContainerSecurityContext(privileged: true, seccomp: profile))
        expectError(.invalidArgument, "sandbox that is privileged") {
            try SpecBuilder.container(request)
        }
        request.sandbox.linux?.securityContext?.privileged = true
        request.host.capabilities = ["CAP_CHOWN", "CAP_SYS_ADMIN"]
        let spec = try SpecBuilder.container(request)
        #expect(spec.process.capabilities?.bounding == ["CAP_CHOWN", "CAP_SYS_ADMIN"])
        #expect(spec.linux.seccomp == nil)
        #expect(spec.linux.maskedPaths == nil)
        #expect(spec.linux.readonlyPaths == nil)
        #expect(spec.linux.resources?.devices == [Spec.DeviceRule(allow: true, access: "rwm")])
    }
}
