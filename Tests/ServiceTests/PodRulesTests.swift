internal import Model
internal import OCI
internal import Testing

@testable import Service

@Suite struct PodRulesTests {
    private func check(
        isAble: Bool = true,
        handler: Handler = Handler(name: "crun", path: "/bin/crun", root: "/run/crun"),
        _ change: (inout PodSandboxConfig) -> Void
    ) throws {
        let runtime = Runtime(
            handler, cgroupDriver: .cgroupfs, scratch: "/tmp", execProgram: "/bin/exec")
        let handler = WorkingHandler(
            runtime: runtime, features: HandlerFeatures(), hasUserNamespaces: isAble)
        var config = PodSandboxConfig(linux: LinuxPodSandboxConfig())
        change(&config)
        try PodRules(config: config, handler: handler).check()
    }

    private func refused(
        _ code: GantryError.Code = .invalidArgument, isAble: Bool = true,
        change: (inout PodSandboxConfig) -> Void
    ) -> Bool {
        do {
            try check(isAble: isAble, change)
            return false
        } catch { return (error as? GantryError)?.code == code }
    }

    private func options(_ options: NamespaceOption) -> (inout PodSandboxConfig) -> Void {
        { $0.linux?.securityContext = LinuxSandboxSecurityContext(namespaceOptions: options) }
    }

    @Test func ordinaryPods() throws {
        try check { _ in }
        try check(options(NamespaceOption(network: .node, pid: .node, ipc: .node)))
        try check(options(NamespaceOption(pid: .container)))
        try check { $0.linux?.sysctls = ["net.core.somaxconn": "1", "kernel.shmmax": "1"] }
    }

    @Test(arguments: [
        NamespaceOption(network: .container), NamespaceOption(network: .target),
        NamespaceOption(ipc: .container), NamespaceOption(ipc: .target),
        NamespaceOption(pid: .target), NamespaceOption(targetId: "x"),
    ])
    func namespaces(_ wrong: NamespaceOption) {
        #expect(refused(change: options(wrong)))
    }

    @Test func userNamespacesNeedAHandlerThatHasThem() throws {
        let ids = [IDMapping(hostId: 65536, containerId: 0, length: 65536)]
        let change = options(
            NamespaceOption(usernsOptions: UserNamespace(uids: ids, gids: ids)))
        try check(change)
        #expect(refused(.failedPrecondition, isAble: false, change: change))
        #expect(refused(change: options(NamespaceOption(usernsOptions: UserNamespace()))))
        try check(
            isAble: false, options(NamespaceOption(usernsOptions: UserNamespace(mode: .node))))
    }

    /// Where a shim makes the sandbox, what it calls the sandbox's process may be the node's.
    @Test func processesThatNobodyCanShare() throws {
        var shim = Handler(name: "s", path: "/bin/s", root: "/run/s", type: "shim")
        shim.shim.sandboxer = "shim"
        let change = options(NamespaceOption(pid: .pod))
        let refusal = #expect(throws: GantryError.self) { try check(handler: shim, change) }
        #expect(refusal?.code == .failedPrecondition)
        shim.found[.hiddenProcesses] = true
        try check(handler: shim, change)
    }

    @Test func sysctlsOfOthersNamespaces() {
        for name in ["kernel.panic", "vm.swappiness", "net/../kernel/panic"] {
            #expect(refused { $0.linux?.sysctls = [name: "1"] })
        }
        #expect(
            refused {
                options(NamespaceOption(network: .node))(&$0)
                $0.linux?.sysctls = ["net.core.somaxconn": "1"]
            })
    }

    @Test func others() {
        #expect(refused { $0.hostname = String(repeating: "x", count: 65) })
        #expect(
            refused {
                $0.linux?.securityContext = LinuxSandboxSecurityContext(
                    runAsGroup: Int64Value(value: 1))
            })
    }
}
