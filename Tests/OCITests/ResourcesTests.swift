internal import Model
internal import Testing

@testable import OCI

@Suite struct ResourcesTests {
    private let host = HostFacts(
        controllers: ["cpu", "cpuset", "memory", "hugetlb"], limitsSwap: true,
        hugepageSizes: ["2MB"])

    private func resources(_ asked: LinuxContainerResources) throws -> Spec.Resources {
        try Spec.Resources(asked, host)
    }

    @Test func nothingAskedIsNothingSet() throws {
        #expect(try resources(LinuxContainerResources()) == Spec.Resources())
    }

    @Test func processors() throws {
        let cpu = try resources(
            LinuxContainerResources(
                cpuPeriod: 100, cpuQuota: 50, cpuShares: 7, cpusetCpus: "0-1", cpusetMems: "0")
        ).cpu
        #expect(cpu?.period == 100)
        #expect(cpu?.quota == 50)
        #expect(cpu?.shares == 7)
        #expect(cpu?.cpus == "0-1")
        #expect(cpu?.mems == "0")
    }

    @Test func memoryAndSwap() throws {
        #expect(
            try resources(LinuxContainerResources(memoryLimitInBytes: 9)).memory
                == Spec.Memory(limit: 9, swap: 9))
        #expect(
            try resources(
                LinuxContainerResources(memoryLimitInBytes: 9, memorySwapLimitInBytes: 12)
            ).memory == Spec.Memory(limit: 9, swap: 12))
        expectError(.invalidArgument, "less than the memory limit 9") {
            try resources(
                LinuxContainerResources(memoryLimitInBytes: 9, memorySwapLimitInBytes: 8))
        }
    }

    @Test(arguments: [-1, -100_000, .min] as [Int64])
    func whatIsNegativeIsNoLimit(value: Int64) throws {
        let asked = LinuxContainerResources(
            cpuPeriod: value, cpuQuota: value, cpuShares: value, memoryLimitInBytes: value,
            memorySwapLimitInBytes: value)
        var first = host
        first.cgroupVersion = .v1
        #expect(try Spec.Resources(asked, first).memory == nil)
        #expect(try Spec.Resources(asked, first).cpu == nil)
        let second = try resources(asked)
        #expect(second.memory == Spec.Memory(limit: -1, swap: -1))
        #expect(second.cpu?.quota == -1 && second.cpu?.shares == nil && second.cpu?.period == nil)
        let limited = LinuxContainerResources(
            memoryLimitInBytes: 9, memorySwapLimitInBytes: value)
        #expect(try Spec.Resources(limited, first).memory == Spec.Memory(limit: 9))
    }

    /// On cgroup v2 the difference of both, which is 0, would be a limit of swap.
    @Test(arguments: [.max, .max & ~4095, .max & ~0xffff] as [Int64])
    func whatIsBeyondTheKernelsCounterIsNoLimit(value: Int64) throws {
        let asked = LinuxContainerResources(memoryLimitInBytes: value)
        #expect(try resources(asked).memory == Spec.Memory(limit: -1, swap: -1))
        let both = LinuxContainerResources(
            memoryLimitInBytes: value, memorySwapLimitInBytes: .max)
        #expect(try resources(both).memory == Spec.Memory(limit: -1, swap: -1))
    }

    @Test func limitsThatAreLifted() throws {
        func files(_ version: HostFacts.CgroupVersion, _ new: LinuxContainerResources) throws
            -> [String]
        {
            var host = host
            host.cgroupVersion = version
            let old = LinuxContainerResources(cpuQuota: 5, memoryLimitInBytes: 9)
            return LiftedLimits("/pod/c", host).files(
                from: try Spec.Resources(old, host), to: try Spec.Resources(new, host))
        }
        let none = LinuxContainerResources(cpuQuota: -1, memoryLimitInBytes: -1)
        #expect(
            try files(.v1, none) == [
                "/sys/fs/cgroup/cpu/pod/c/cpu.cfs_quota_us",
                "/sys/fs/cgroup/memory/pod/c/memory.memsw.limit_in_bytes",
                "/sys/fs/cgroup/memory/pod/c/memory.limit_in_bytes",
            ])
        #expect(
            try files(.v2, none) == [
                "/sys/fs/cgroup/pod/c/cpu.max", "/sys/fs/cgroup/pod/c/memory.swap.max",
                "/sys/fs/cgroup/pod/c/memory.max",
            ])
        let others = LinuxContainerResources(cpuQuota: 7, memoryLimitInBytes: 10)
        #expect(try files(.v1, others).isEmpty)
    }

    @Test func hugepagesOfSizesThatThereAre() throws {
        let limits = [
            HugepageLimit(pageSize: "2MB", limit: 4), HugepageLimit(pageSize: "1GB", limit: 4),
        ]
        let asked = LinuxContainerResources(hugepageLimits: limits)
        #expect(
            try resources(asked).hugepageLimits == [Spec.HugepageLimit(pageSize: "2MB", limit: 4)])
        #expect(try Spec.Resources(asked, HostFacts()).hugepageLimits == nil)
    }

    @Test func unifiedNeedsVersion2() throws {
        let asked = LinuxContainerResources(unified: ["memory.high": "5"])
        #expect(try resources(asked).unified == ["memory.high": "5"])
        expectError(.invalidArgument, "cgroup v2") {
            try Spec.Resources(asked, HostFacts(cgroupVersion: .v1))
        }
    }

    @Test func aLimitNeedsItsController() {
        for asked in [
            LinuxContainerResources(cpuShares: 2), LinuxContainerResources(memoryLimitInBytes: 2),
            LinuxContainerResources(cpusetCpus: "0"),
        ] {
            expectError(.failedPrecondition, "no cgroup controller") {
                try Spec.Resources(asked, HostFacts())
            }
        }
    }

    @Test func theLaterOfTwoDevicesCounts() throws {
        var request = plainRequest()
        let first = Spec.Device(path: "/dev/x", type: "c", major: 1, minor: 2)
        let second = Spec.Device(path: "/dev/x", type: "c", major: 3, minor: 4)
        request.devices = [HostDevice(first), HostDevice(second)]
        #expect(try SpecBuilder.container(request).linux.devices == [second])
    }

    @Test func devicesAreDeniedButThoseGiven() throws {
        var request = plainRequest()
        let node = Spec.Device(path: "/dev/x", type: "c", major: 1, minor: 2)
        request.devices = [HostDevice(node, access: "r")]
        let linux = try SpecBuilder.container(request).linux
        #expect(linux.devices == [node])
        #expect(
            linux.resources?.devices == [
                Spec.DeviceRule(allow: false, access: "rwm"),
                Spec.DeviceRule(allow: true, type: "c", major: 1, minor: 2, access: "r"),
            ])
    }

    @Test(arguments: [
        "blockio.resources.beta.kubernetes.io/pod",
        "rdt.resources.beta.kubernetes.io/container.app",
    ])
    func classesAreRefused(annotation: String) {
        var request = plainRequest()
        request.container.annotations = [annotation: "gold"]
        expectError(.invalidArgument, annotation) { try SpecBuilder.container(request) }
    }
}
