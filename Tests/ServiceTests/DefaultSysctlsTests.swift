internal import Model
internal import Testing

@testable import Service

@Suite struct DefaultSysctlsTests {
    private let lines = Settings().defaultSysctls

    private func merged(
        _ lines: [String], own: [String: String] = [:], _ options: NamespaceOption = .init()
    ) throws -> [String: String] {
        let config = PodSandboxConfig(
            linux: LinuxPodSandboxConfig(
                securityContext: LinuxSandboxSecurityContext(namespaceOptions: options),
                sysctls: own))
        return try DefaultSysctls(lines).merged(into: config)
    }

    @Test func podsWithANetworkOfTheirOwnGetThem() throws {
        #expect(
            try merged(lines) == [
                "net.ipv4.ip_unprivileged_port_start": "0",
                "net.ipv4.ping_group_range": "0 2147483647",
            ])
        #expect(try merged(lines, NamespaceOption(network: .node)) == [:])
    }

    @Test func thePodsOwnWin() throws {
        for name in ["net.ipv4.ip_unprivileged_port_start", "net/ipv4/ip_unprivileged_port_start"] {
            let found = try merged(lines, own: [name: "1024"])
            #expect(found == [name: "1024", "net.ipv4.ping_group_range": "0 2147483647"])
        }
    }

    @Test func groupsFitTheUserNamespace() throws {
        let ids = [IDMapping(hostId: 100_000, containerId: 0, length: 65536)]
        let options = NamespaceOption(usernsOptions: UserNamespace(uids: ids, gids: ids))
        #expect(try merged(lines, options)["net.ipv4.ping_group_range"] == "0 65535")
    }

    @Test func whatTheKernelDoesNotHaveIsLeftOut() throws {
        #expect(try merged(["net.none.such=1"]) == [:])
    }

    @Test(arguments: ["net.core.somaxconn", "", "=1", "vm.swappiness=1", "net/../vm/swappiness=1"])
    func whatIsNoneIsRefused(line: String) {
        #expect(throws: GantryError.self) { try DefaultSysctls([line]) }
    }
}
