import Glibc
import Kernel
import Model
import YAML

@testable import Supervisor
@testable import System

/// Files of cgroups and of /proc: the kernel is no enemy, but one that is newer writes what this code
/// has not seen.
extension FuzzTarget {
    private static let directory = "/tmp/gantry-fuzz-cgroup.\(getpid())"
    private static let names = [
        "cpuacct.usage", "memory.usage_in_bytes", "cpuacct.stat", "cpu.stat", "cpu.shares",
        "cpu.cfs_period_us", "cpu.cfs_quota_us", "memory.limit_in_bytes", "memory.stat",
        "memory.memsw.limit_in_bytes", "memory.oom_control", "pids.current", "pids.max",
        "cgroup.procs", "blkio.throttle.io_service_bytes_recursive", "memory.current", "memory.max",
        "memory.events", "memory.swap.max", "cpu.max", "cpu.weight", "cpu.pressure",
        "memory.pressure", "io.pressure", "io.stat",
    ]

    /// Each name is a link to the one file that holds the input.
    private static let content: String = {
        let content = "\(directory)/content"
        try? Files.makeDirectories(directory)
        for name in names { symlink(content, "\(directory)/\(name)") }
        return content
    }()

    static let cgroups = FuzzTarget(
        "cgroups",
        seeds: [
            "4096\n", "max 100000\n", "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n", "8:0 Read 7\n",
            "usage_usec 7\nuser_usec 3\nnr_periods 1\n", "oom_kill 3\n", "0::/a/b.scope\n",
            "some avg10=1.50 avg60=0.25 avg300=0.05 total=2500\n", "4:memory:/pod\n0::/user\n",
            "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
        ], words: ["18446744073709551615", "max", "-1", "\n", " ", ":", "total=", "usage_usec"]
    ) { input in
        _ = MemoryEventsFile(membership: input.text)
        _ = MemoryEventsFile.kills(in: input.text)
        _ = NetworkCounters.parse(input.text)
        _ = Cgroup(input.text).parent.path
        do { try Files.replace(content, with: input) } catch { return }
        let everything = CgroupParts(rawValue: ~0)
        // From /sys/fs/cgroup up to the root, and down again.
        let second = Cgroup("0::/../../..\(directory)")
        _ = CgroupUsage.read(second, everything)?.memory.workingSet
        let climbing = "/../../../..\(directory)"
        let first = Cgroup("1:memory:\(climbing)\n2:cpuacct,cpu:\(climbing)\n3:blkio:\(climbing)")
        _ = CgroupUsage.read(first, everything)?.memory.workingSet
    }

    static let yaml = FuzzTarget(
        "yaml",
        seeds: ["cdiVersion: \"0.6.0\"\ndevices:\n- name: a\n  mode: 0666\n", "{a: [1, 2.5, ~]}"],
        words: ["- ", ": ", "\n", "&a", "*a", "!!", "|", ">", "---", "...", "\"", "'", "{", "["]
    ) { input in
        _ = try YAMLDocument.parse(input)
    }
}
