internal import Model
internal import Testing

@testable import OCI

@Suite struct UserNamespaceTests {
    private static let mapping = IDMapping(hostId: 100_000, containerId: 0, length: 65536)
    private static let user = UserNamespace(uids: [mapping], gids: [mapping])

    private func request(_ container: UserNamespace? = nil) -> SpecRequest {
        let options = NamespaceOption(pid: .container, usernsOptions: Self.user)
        var request = plainRequest(pod: LinuxSandboxSecurityContext(namespaceOptions: options))
        request.namespaces.user = "/ns/user"
        if let container {
            request.container.linux?.securityContext = LinuxContainerSecurityContext(
                namespaceOptions: NamespaceOption(pid: .container, usernsOptions: container))
        }
        return request
    }

    @Test func oneMappingOfEachKind() throws {
        let mappings = try #require(try UserMappings(Self.user))
        #expect(mappings.uids == Spec.IDMapping(containerID: 0, hostID: 100_000, size: 65536))
        #expect(mappings.gids.line == "0 100000 65536\n")
        #expect(try UserMappings(nil) == nil)
        #expect(try UserMappings(UserNamespace(mode: .node)) == nil)
    }

    @Test(arguments: [
        UserNamespace(), UserNamespace(uids: [mapping]),
        UserNamespace(uids: [mapping, mapping], gids: [mapping]),
        UserNamespace(
            uids: [IDMapping(hostId: 1, containerId: 1, length: 1)], gids: [mapping]),
        UserNamespace(uids: [mapping], gids: [IDMapping(hostId: 1, length: 0)]),
        UserNamespace(uids: [IDMapping(hostId: .max, length: 2)], gids: [mapping]),
        UserNamespace(mode: .node, uids: [mapping]), UserNamespace(mode: .container),
        UserNamespace(mode: .target),
    ])
    func othersAreRefused(_ options: UserNamespace) {
        expectError(.invalidArgument, "") { try UserMappings(options) }
    }

    @Test func containersHaveThatOfThePod() throws {
        #expect(try SpecBuilder.container(request(Self.user)).linux.uidMappings?.count == 1)
        for other in [UserNamespace(mode: .node), UserNamespace(uids: [Self.mapping], gids: [])] {
            expectError(.invalidArgument, "") { try SpecBuilder.container(request(other)) }
        }
        var unpinned = request()
        unpinned.namespaces.user = nil
        expectError(.failedPrecondition, "is not there") { try SpecBuilder.container(unpinned) }
    }

    @Test func devicesAreBound() throws {
        var request = request()
        let device = Spec.Device(path: "/dev/in", type: "c", major: 1, minor: 3)
        let null = Spec.Device(path: "/dev/null", type: "c", major: 1, minor: 3)
        request.devices = [
            HostDevice(null), HostDevice(device, source: "/dev/out", access: "r"),
        ]
        let spec = try SpecBuilder.container(request)
        #expect(spec.linux.devices == [])
        let mount = try #require(spec.mounts.first { $0.destination == "/dev/in" })
        #expect(mount.source == "/dev/out")
        #expect(!spec.mounts.contains { $0.destination == "/dev/null" })
        #expect(spec.linux.resources?.devices?.last?.access == "r")
    }
}
