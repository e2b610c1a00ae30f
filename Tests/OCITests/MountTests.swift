internal import Kernel
internal import Model
internal import Testing

@testable import OCI

@Suite struct MountTests {
    private func options(
        _ mount: Mount, sharing: HostMount.Sharing = .shared,
        features: HandlerFeatures = .init()
    ) throws -> [String] {
        var request = plainRequest()
        request.features = features
        request.mounts = [HostMount(mount, source: "/src", sharing: sharing)]
        let mounts = try SpecBuilder.container(request).mounts
        let found = try #require(mounts.first { $0.destination == mount.containerPath })
        #expect(found.source == "/src")
        return found.options
    }

    @Test func accessAndPropagation() throws {
        #expect(try options(Mount(containerPath: "/v")) == ["rbind", "rprivate", "rw"])
        #expect(
            try options(Mount(containerPath: "/v", readonly: true, propagation: .hostToContainer))
                == ["rbind", "rslave", "ro"])
        #expect(
            try options(
                Mount(containerPath: "/v", propagation: .bidirectional, mountOptions: ["noexec"]))
                == ["rbind", "rshared", "rw", "noexec"])
    }

    @Test(arguments: ["rw", "exec", "bind", "size=1", ""])
    func otherMountOptionsAreRefused(option: String) {
        expectError(.invalidArgument, "none of noexec, nodev and nosuid") {
            try options(Mount(containerPath: "/v", mountOptions: ["nosuid", option]))
        }
    }

    @Test func propagationNeedsASourceThatHasIt() {
        expectError(.invalidArgument, "/src is not on a shared mount") {
            try options(Mount(containerPath: "/v", propagation: .bidirectional), sharing: .slave)
        }
        expectError(.invalidArgument, "not on a shared or slave mount") {
            try options(
                Mount(containerPath: "/v", propagation: .hostToContainer), sharing: .unshared)
        }
    }

    @Test(arguments: [
        ([MountPropagation.private], nil), ([.hostToContainer, .private], "rslave"),
        ([.hostToContainer, .bidirectional], "rshared"),
    ])
    func propagationOfTheRoot(modes: [MountPropagation], expected: String?) throws {
        var request = plainRequest()
        request.mounts = modes.enumerated().map {
            HostMount(Mount(containerPath: "/v\($0)", propagation: $1), source: "/src")
        }
        #expect(try SpecBuilder.container(request).linux.rootfsPropagation == expected)
    }

    @Test func recursiveReadOnly() throws {
        let mount = Mount(containerPath: "/v", readonly: true, recursiveReadOnly: true)
        let able = HandlerFeatures(mountOptions: ["rro"])
        #expect(try options(mount, features: able) == ["rbind", "rprivate", "rro"])
        expectError(.invalidArgument, "RROUnsupported") { try options(mount) }
        var writable = mount
        writable.readonly = false
        expectError(.invalidArgument, "needs readonly") { try options(writable, features: able) }
        var shared = mount
        shared.propagation = .hostToContainer
        expectError(.invalidArgument, "private") { try options(shared, features: able) }
    }

    @Test func idMapped() throws {
        let mapping = IDMapping(hostId: 1000, containerId: 0, length: 10)
        let mount = Mount(containerPath: "/v", uidMappings: [mapping], gidMappings: [mapping])
        expectError(.failedPrecondition, "no id-mapped mounts") { try options(mount) }
        let able = HandlerFeatures(ociVersionMax: "1.2.0", mapsIDs: true)
        #expect(try options(mount, features: able).contains("ridmap"))
        var request = plainRequest()
        request.features = able
        request.mounts = [HostMount(mount, source: "/src")]
        #expect(try SpecBuilder.container(request).ociVersion == "1.1.0")
    }

    @Test func whatGantryHasMappedIsAnOrdinaryMount() throws {
        let mapping = IDMapping(hostId: 1000, containerId: 0, length: 10)
        var host = HostMount(
            Mount(containerPath: "/v", uidMappings: [mapping], gidMappings: [mapping]),
            source: "/src",
            sharing: .unshared)
        host.isMapped = true
        var request = plainRequest()
        request.mounts = [host]
        let spec = try SpecBuilder.container(request)
        let mount = try #require(spec.mounts.last)
        #expect(mount.uidMappings == nil && !mount.options.contains("ridmap"))
        #expect(spec.ociVersion == "1.0.2")
    }

    @Test(arguments: ["v", "/v/", "//v", "/a/../v", "/../v/.", "./v"])
    func targetsAreCleaned(path: String) throws {
        var request = plainRequest()
        request.mounts = [HostMount(Mount(containerPath: path), source: "/src")]
        #expect(try SpecBuilder.container(request).mounts.last?.destination == "/v")
        request.mounts = [HostMount(Mount(), source: "/src")]
        expectError(.invalidArgument, "no container_path") { try SpecBuilder.container(request) }
    }

    @Test(
        "The node's own directory as a volume: nothing of ours is mounted there",
        arguments: ["/dev", "/dev/", "//dev/.", "/sys/../dev", "/sys", "/sys/", "/proc/"])
    func ownMountsGiveWay(path: String) throws {
        for isMapped in [false, true] {
            var request = plainRequest()
            if isMapped {
                let ids = [IDMapping(hostId: 100_000, containerId: 0, length: 65536)]
                let options = NamespaceOption(
                    pid: .container, usernsOptions: UserNamespace(uids: ids, gids: ids))
                request.sandbox.linux?.securityContext = LinuxSandboxSecurityContext(
                    namespaceOptions: options)
                request.namespaces.user = "/ns/user"
            }
            request.files = PodFiles(sharedMemory: "/pod/shm")
            request.mounts = [HostMount(Mount(containerPath: path), source: "/node")]
            let target = Path.cleaned(path)
            let there = try SpecBuilder.container(request).mounts.filter {
                Path.isAt($0.destination, orBelow: target)
            }
            #expect(there.map(\.source) == ["/node"])
        }
    }

    @Test func volumesBelowThatVolumeStay() throws {
        var request = plainRequest()
        request.mounts = ["/dev/termination-log", "/dev", "/devices"].map {
            HostMount(Mount(containerPath: $0), source: "/src\($0)")
        }
        let targets = try SpecBuilder.container(request).mounts.map(\.destination)
        #expect(targets.suffix(3) == ["/dev", "/devices", "/dev/termination-log"])
    }

    @Test func volumesOfTheImageStandBelowThePodsFiles() throws {
        var request = plainRequest()
        request.files = PodFiles(hosts: "/pod/hosts")
        request.imageVolumes = ["/etc", "/data"].map {
            HostMount(Mount(containerPath: $0), source: "/volume\($0)")
        }
        request.mounts = [HostMount(Mount(containerPath: "/data/own"), source: "/own")]
        let targets = try SpecBuilder.container(request).mounts.map(\.destination)
        #expect(targets.suffix(4) == ["/etc", "/data", "/etc/hosts", "/data/own"])
    }

    @Test func parentsComeFirstAndVolumesReplaceDefaults() throws {
        var request = plainRequest()
        request.files = PodFiles(hosts: "/pod/hosts", sharedMemory: "/pod/shm")
        request.mounts = ["/a/b/c", "/etc/hosts", "/a", "/dev/shm"].map {
            HostMount(Mount(containerPath: $0), source: "/src\($0)")
        }
        let mounts = try SpecBuilder.container(request).mounts
        let targets = mounts.map(\.destination)
        #expect(targets.suffix(4) == ["/a", "/etc/hosts", "/dev/shm", "/a/b/c"])
        #expect(Set(targets).count == targets.count)
        #expect(!mounts.contains { $0.source == "/pod/hosts" || $0.source == "/pod/shm" })
    }

    @Test func filesOfThePod() throws {
        var request = plainRequest(
            security: LinuxContainerSecurityContext(readonlyRootfs: true))
        request.files = PodFiles(
            hosts: "/pod/hosts", hostname: "/pod/hostname", resolvConf: "/pod/resolv",
            sharedMemory: "/pod/shm")
        let spec = try SpecBuilder.container(request)
        #expect(spec.root == Spec.Root(path: "/roots/c1", readonly: true))
        let sources = Dictionary(
            uniqueKeysWithValues: spec.mounts.map { ($0.destination, $0.source) })
        #expect(sources["/etc/hosts"] == "/pod/hosts")
        #expect(sources["/etc/hostname"] == "/pod/hostname")
        #expect(sources["/etc/resolv.conf"] == "/pod/resolv")
        #expect(sources["/dev/shm"] == "/pod/shm")
        let hosts = try #require(spec.mounts.first { $0.destination == "/etc/hosts" })
        #expect(hosts.options.contains("ro"))
    }

    @Test func privilegedContainersMayWriteToSys() throws {
        var request = plainRequest()
        func options(_ target: String) throws -> [String] {
            try SpecBuilder.container(request).mounts.first { $0.destination == target }?.options
                ?? []
        }
        #expect(try options("/sys").contains("ro"))
        #expect(try options("/sys/fs/cgroup").contains("ro"))
        request.sandbox.linux?.securityContext?.privileged = true
        request.container.linux?.securityContext = LinuxContainerSecurityContext(privileged: true)
        #expect(try options("/sys").contains("rw"))
        #expect(try options("/sys/fs/cgroup").contains("rw"))
    }
}
