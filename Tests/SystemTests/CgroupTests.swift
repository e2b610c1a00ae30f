import Testing

@testable import System

@Suite struct CgroupTests {
    @Test func aProcessIsInOneCgroupOfEachHierarchy() {
        let cgroup = Cgroup("4:memory:/pod/one\n2:cpu,cpuacct:/pod\n0::/user\n")
        #expect(cgroup.isFirstVersion)
        #expect(cgroup.path == "/pod/one")
        #expect(cgroup.hasController("cpuacct") && !cgroup.hasController("pids"))
    }

    @Test func withoutControllersOfTheFirstVersionTheUnifiedHierarchyCounts() {
        let cgroup = Cgroup("0::/kubepods/one\n")
        #expect(!cgroup.isFirstVersion)
        #expect(cgroup.path == "/kubepods/one")
    }

    /// A pod's author names its cgroup's parent, and its bytes are the kernel's.
    @Test func pathsOfCgroupsAreBytes() {
        let cgroup = Cgroup("4:memory:/pod\u{301}\r\n0::/\u{301}/x\n")
        #expect(cgroup.path.utf8.elementsEqual("/pod\u{301}\r".utf8))
        #expect(Cgroup("0::/\u{301}/x\n").parent.path.utf8.elementsEqual("/\u{301}".utf8))
    }

    @Test func aFileOfOneNumber() {
        #expect(KernelFile(content: "4096\n").number == 4096)
        #expect(KernelFile(content: "max\n").number == nil)
        #expect(KernelFile(content: "-1\n").number == nil)
        #expect(KernelFile("/no/such/file").number == nil)
    }

    /// A kernel's file that is not as it should be must not end the daemon.
    @Test func figuresThatDoNotFitAreTheLargest() {
        #expect(KernelFile(content: "99999999999999999999\n").number == .max)
        let pressure = Pressure(KernelFile(content: "some total=18446744073709551615"))
        #expect(pressure?.some.total == .max)
        #expect(CgroupUsage.CPU.shares(weight: .max) == 262_144)
    }

    @Test func aFileOfKeysAndValues() {
        let file = KernelFile(content: "file 1\nfile_mapped 2\ninactive_file 3")
        #expect(file["file"] == 1)
        #expect(file["file_mapped"] == 2)
        #expect(file["inactive_file"] == 3)
        #expect(file["anon"] == nil)
    }

    @Test func pressureInNanoseconds() throws {
        let pressure = try #require(
            Pressure(
                KernelFile(
                    content: """
                        some avg10=1.50 avg60=0.25 avg300=0.05 total=2500
                        full avg10=0.50 avg60=0.00 avg300=0.00 total=7
                        """)))
        #expect(pressure.some.total == 2_500_000)
        #expect(pressure.some.average10 == 1.5 && pressure.some.average300 == 0.05)
        #expect(pressure.full.total == 7000)
    }

    /// Kernels before 5.13 have no full pressure of the CPU.
    @Test func pressureThatOnlySomeTasksCanHave() {
        let pressure = Pressure(
            KernelFile(content: "some avg10=0.00 avg60=0.00 avg300=0.00 total=9"))
        #expect(pressure?.full == Pressure.Level.none)
        #expect(Pressure(KernelFile("/no/such/file")) == nil)
    }

    @Test(arguments: [(1, 2), (100, 2597), (10_000, 262_144)])
    func weightsAsShares(_ weight: UInt64, _ shares: UInt64) {
        #expect(CgroupUsage.CPU.shares(weight: weight) == shares)
    }

    @Test func theWorkingSetIsWhatCannotBeReclaimed() {
        var memory = CgroupUsage.Memory()
        memory.usage = 100
        memory.inactiveFile = 30
        #expect(memory.workingSet == 70)
        memory.inactiveFile = 130
        #expect(memory.workingSet == 0)
    }

    @Test(arguments: [(64, "64KB"), (2048, "2MB"), (1 << 20, "1GB")])
    func sizesOfHugePages(_ kilobytes: UInt64, _ text: String) {
        #expect(HugePagePool.spelled(kilobytes: kilobytes) == text)
    }

    @Test func figuresOfADeviceComeTogether() {
        var devices: [CgroupUsage.Device] = []
        devices.note("8:0", \.reads, 3)
        devices.note("8:16", \.reads, 4)
        devices.note("8:0", \.writes, 5)
        #expect(devices.count == 2)
        #expect(devices.first?.reads == 3 && devices.first?.writes == 5)
    }

    @Test func theNodesInterfaces() {
        let counters = NetworkCounters.parse(
            """
            Inter-|   Receive                                                |  Transmit
             face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop
              eth0: 10 11 12 13 0 0 0 0 20 21 22 23 0 0 0 0
            """)
        #expect(counters.map(\.interface) == ["eth0"])
        #expect(
            counters.first?.received == .init(bytes: 10, packets: 11, errors: 12, dropped: 13))
        #expect(counters.first?.sent == .init(bytes: 20, packets: 21, errors: 22, dropped: 23))
    }

    @Test func aMountByItsDevicesNumber() {
        let mounts = KernelFile(
            content: """
                22 1 8:1 / / rw shared:1 - ext4 /dev/vda rw
                30 22 0:25 / /run rw - tmpfs tmpfs rw
                """)
        #expect(FilesystemFigures.source(of: "8:1", mounts.fields) == "/dev/vda")
        #expect(FilesystemFigures.source(of: "0:25", mounts.fields) == "tmpfs")
        #expect(FilesystemFigures.source(of: "0:99", mounts.fields) == nil)
    }
}
