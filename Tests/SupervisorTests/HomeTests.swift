internal import Testing

@testable import Supervisor

@Suite struct HomeTests {
    @Test func ofEachHierarchyOfTheFirstVersion() {
        let home = HomeCgroup("9:name=systemd:/a\n4:cpu,cpuacct:/b\n2:pids:/\n0::/c\n")
        #expect(
            home.members == [
                "/sys/fs/cgroup/systemd/a/cgroup.procs",
                "/sys/fs/cgroup/cpu,cpuacct/b/cgroup.procs",
                "/sys/fs/cgroup/pids//cgroup.procs",
            ])
        #expect(home.directory == nil)
    }

    /// "\r\n" is one Character, and so is a slash with a combining mark.
    @Test func whateverACgroupIsCalled() {
        let home = HomeCgroup("4:cpu:/b\r\n3:name=\u{301}:/\u{301}a\n")
        #expect(
            home.members == [
                "/sys/fs/cgroup/cpu/b\r/cgroup.procs",
                "/sys/fs/cgroup/\u{301}/\u{301}a/cgroup.procs",
            ])
    }

    @Test func ofTheSecondVersion() {
        let home = HomeCgroup("0::/system.slice/gantry.service\n")
        #expect(home.members == [])
        #expect(home.directory == "/sys/fs/cgroup/system.slice/gantry.service")
    }
}
