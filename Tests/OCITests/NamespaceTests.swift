internal import Model
internal import Testing

@testable import OCI

@Suite struct NamespaceTests {
    private func namespaces(
        _ options: NamespaceOption, change: (inout SpecRequest) -> Void = { _ in }
    ) throws -> [Spec.Namespace.Kind: String] {
        let pod = LinuxSandboxSecurityContext(namespaceOptions: options, privileged: true)
        var request = plainRequest(pod: pod)
        change(&request)
        let list = try SpecBuilder.container(request).linux.namespaces
        return Dictionary(uniqueKeysWithValues: list.map { ($0.type, $0.path ?? "new") })
    }

    @Test func thoseOfThePod() throws {
        let found = try namespaces(NamespaceOption(pid: .pod)) {
            $0.namespaces.joinedPid = "/ns/pid"
        }
        #expect(
            found == [
                .mount: "new", .pid: "/ns/pid", .network: "/ns/net", .ipc: "/ns/ipc",
                .uts: "/ns/uts", .cgroup: "new",
            ])
    }

    @Test func thoseOfTheNode() throws {
        let found = try namespaces(NamespaceOption(network: .node, pid: .node, ipc: .node))
        #expect(found == [.mount: "new", .cgroup: "new"])
    }

    @Test func thoseOfTheContainer() throws {
        let found = try namespaces(NamespaceOption(pid: .container, ipc: .container))
        #expect(found[.pid] == "new")
        #expect(found[.ipc] == "new")
    }

    @Test func thoseOfATarget() throws {
        let options = NamespaceOption(pid: .target, targetId: "other")
        let found = try namespaces(options) { $0.namespaces.joinedPid = "/proc/7/ns/pid" }
        #expect(found[.pid] == "/proc/7/ns/pid")
        expectError(.invalidArgument, "only the PID namespace") {
            try namespaces(NamespaceOption(network: .target, pid: .node))
        }
    }

    @Test func oneThatThePodLacks() {
        expectError(.failedPrecondition, "no pid namespace") {
            try namespaces(NamespaceOption(pid: .pod))
        }
    }

    @Test func aContainerOfAPodOnTheNodesNetworkIsThereToo() throws {
        let found = try namespaces(NamespaceOption(network: .node, pid: .container)) {
            $0.container.linux?.securityContext = LinuxContainerSecurityContext(
                namespaceOptions: NamespaceOption(pid: .container))
        }
        #expect(found[.network] == nil)
        #expect(found[.uts] == nil)
    }

    @Test func cgroupNamespaceOnlyWhereItHelps() throws {
        let options = NamespaceOption(pid: .container)
        #expect(try namespaces(options) { $0.host.cgroupVersion = .v1 }[.cgroup] == nil)
        let privileged = LinuxContainerSecurityContext(privileged: true)
        let found = try namespaces(options) {
            $0.container.linux?.securityContext = privileged
        }
        #expect(found[.cgroup] == nil)
    }

    @Test func userNamespaceWithItsMappings() throws {
        let mapping = IDMapping(hostId: 100_000, containerId: 0, length: 65536)
        let user = UserNamespace(mode: .pod, uids: [mapping], gids: [mapping])
        var request = plainRequest(
            pod: LinuxSandboxSecurityContext(
                namespaceOptions: NamespaceOption(pid: .container, usernsOptions: user)))
        request.namespaces.user = "/ns/user"
        let linux = try SpecBuilder.container(request).linux
        let expected = [Spec.IDMapping(containerID: 0, hostID: 100_000, size: 65536)]
        #expect(linux.uidMappings == expected)
        #expect(linux.gidMappings == expected)
        #expect(linux.namespaces.contains(Spec.Namespace(.user, path: "/ns/user")))
    }
}
