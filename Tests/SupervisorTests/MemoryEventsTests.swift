internal import Testing

@testable import Supervisor

@Suite struct MemoryEventsTests {
    @Test func theFileOfEachVersion() {
        let first = MemoryEventsFile(membership: "9:cpu,cpuacct:/a\n4:memory:/a/b\n0::/c\n")
        #expect(first?.path == "/sys/fs/cgroup/memory/a/b/memory.oom_control")
        #expect(first?.isUnified == false)
        let second = MemoryEventsFile(membership: "0::/kubepods/pod1/c\n")
        #expect(second?.path == "/sys/fs/cgroup/kubepods/pod1/c/memory.events")
        #expect(second?.isUnified == true)
        #expect(second?.slice == nil)
        #expect(MemoryEventsFile(membership: "1:name=systemd:/\n") == nil)
    }

    @Test(arguments: ["", "/container"])
    func theSliceOfAScope(below: String) {
        let file = MemoryEventsFile(membership: "0::/a.slice/a-b.slice/x-1.scope\(below)\n")
        #expect(file?.path == "/sys/fs/cgroup/a.slice/a-b.slice/x-1.scope\(below)/memory.events")
        #expect(file?.slice == "/sys/fs/cgroup/a.slice/a-b.slice/memory.events")
    }

    @Test func kills() {
        let text = "low 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 7\n"
        #expect(MemoryEventsFile.kills(in: text) == 2)
        #expect(MemoryEventsFile.kills(in: "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n") == 1)
        #expect(MemoryEventsFile.kills(in: "") == 0)
    }
}
