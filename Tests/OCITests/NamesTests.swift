internal import Model
internal import Testing

@testable import OCI

@Suite struct NamesTests {
    @Test(arguments: [
        ("SIGTERM", 15), ("TERM", 15), ("15", 15), ("sigkill", 9), ("SIGRTMIN+3", 37),
        ("RTMAX-1", 63), ("SIGNAL_SIGRTMINPLUS2", 36), ("SIGNAL_SIGUSR1", 10), ("64", 64),
    ])
    func signals(name: String, number: Int32) {
        #expect(StopSignal.number(of: name) == number)
    }

    @Test(arguments: ["", "0", "65", "SIGNOTHING", "RTMIN+31", "RTMIN+x", "-1"])
    func noSignals(name: String) {
        #expect(StopSignal.number(of: name) == nil)
    }

    @Test(arguments: [
        ("/kubepods/pod1", "/kubepods/pod1/c"), ("kubepods/", "/kubepods/c"), ("", "/gantry-c"),
    ])
    func cgroupfs(parent: String, path: String) {
        let cgroup = CgroupPath(driver: .cgroupfs, parent: parent)
        #expect(cgroup.container("c") == path)
        #expect(cgroup.directory("c") == path)
        #expect(CgroupPath.directory(ofSpec: path) == path)
    }

    @Test(arguments: [
        (
            "kubepods-pod1.slice", "kubepods-pod1.slice:cri-gantry:c",
            "/kubepods.slice/kubepods-pod1.slice/cri-gantry-c.scope"
        ),
        (
            "/kubepods.slice/kubepods-pod1.slice", "kubepods-pod1.slice:cri-gantry:c",
            "/kubepods.slice/kubepods-pod1.slice/cri-gantry-c.scope"
        ),
        ("", "system.slice:cri-gantry:c", "/system.slice/cri-gantry-c.scope"),
    ])
    func systemd(parent: String, path: String, directory: String) {
        let cgroup = CgroupPath(driver: .systemd, parent: parent)
        #expect(cgroup.container("c") == path)
        #expect(cgroup.directory("c") == directory)
        #expect(CgroupPath.directory(ofSpec: path) == directory)
    }

    @Test(arguments: [
        (OCI.CgroupDriver.cgroupfs, "/kubepods/burstable/pod1"), (.cgroupfs, ""),
        (.cgroupfs, "/kubelet.slice/kubepods"), (.systemd, "kubepods-pod1.slice"), (.systemd, ""),
        (.systemd, "/kubepods.slice/kubepods-pod1.slice/"),
    ])
    func parentsOfTheDriver(driver: OCI.CgroupDriver, parent: String) throws {
        try CgroupPath(driver: driver, parent: parent).check()
    }

    @Test(arguments: [
        (OCI.CgroupDriver.cgroupfs, "/kubepods.slice/kubepods-pod1.slice"),
        (.cgroupfs, "kubepods-pod1.slice"), (.systemd, "/kubepods/burstable/pod1"),
        (.systemd, "kubepods"),
    ])
    func parentsOfTheOtherDriver(driver: OCI.CgroupDriver, parent: String) {
        let error = #expect(throws: GantryError.self) {
            try CgroupPath(driver: driver, parent: parent).check()
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("cgroupfs") == true)
        #expect(error?.message.contains("systemd") == true)
    }

    @Test func aParentThatLeadsElsewhere() {
        let cgroup = CgroupPath(driver: .cgroupfs, parent: "/kubepods/../../x")
        #expect(throws: GantryError.self) { try cgroup.check() }
    }

    @Test(arguments: [
        ("gantry-c", "c"), ("cri-gantry-c.scope", "c"), ("cri-gantry-c", nil), ("c", nil),
    ])
    func whoseCgroupADirectoryIs(name: String, container: String?) {
        #expect(CgroupPath.container(ofDirectory: name) == container)
    }

    @Test(arguments: [
        ("a-b.slice:mine:c", "/a.slice/a-b.slice/mine-c.scope"),
        ("system.slice::c", "/system.slice/c.scope"), ("/some/where", "/some/where"),
    ])
    func cgroupsThatPluginsChoose(_ path: String, _ directory: String) throws {
        try CgroupPath.check(chosen: path, path.contains(":") ? .systemd : .cgroupfs)
        #expect(CgroupPath.directory(ofSpec: path) == directory)
    }

    @Test(arguments: [
        ("/", OCI.CgroupDriver.cgroupfs), ("a", .cgroupfs), ("/a/..", .cgroupfs),
        ("/a\0", .cgroupfs),
        ("a.slice:b:c", .cgroupfs), ("/a", .systemd), ("a.slice:b:../c", .systemd),
    ])
    func cgroupsThatPluginsMayNotChoose(_ path: String, _ driver: OCI.CgroupDriver) {
        #expect(throws: GantryError.self) { try CgroupPath.check(chosen: path, driver) }
    }
}
