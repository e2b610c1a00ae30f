import Protobuf
import System
import Testing

@testable import Shim

/// What shims say of a task's cgroup, in either version's terms.
@Suite struct TaskMetricsTests {
    private func usage(_ type: String, _ value: [UInt8]) throws -> CgroupUsage? {
        try CgroupUsage(TypedMessage(typeUrl: type, value: value))
    }

    private let first = "io.containerd.cgroups.v1.Metrics"
    private let second = "types.containerd.io/io.containerd.cgroups.v2.Metrics"

    @Test func theFirstVersion() throws {
        let metrics = MetricsV1(
            pids: PidsMetrics(current: 3),
            cpu: CPUMetricsV1(usage: CPUTimeV1(total: 7_000, kernel: 1, user: 2)),
            memory: MemoryMetricsV1(
                rss: 5, pgFault: 4, totalRss: 6, totalInactiveFile: 30,
                usage: MemoryUseV1(limit: 1000, usage: 100, max: 200, failcnt: 1),
                swap: MemoryUseV1(limit: 1500, usage: 110)),
            memoryOomControl: MemoryKillsV1(oomKill: 1))
        let usage = try #require(try usage(first, Codec.encode(metrics)))
        #expect(usage.cpu.usage == 7_000 && usage.cpu.system == 1 && usage.cpu.user == 2)
        #expect(usage.memory.usage == 100 && usage.memory.workingSet == 70)
        #expect(usage.memory.limit == 1000 && usage.memory.rss == 6)
        #expect(usage.memory.swap == 10 && usage.memory.swapLimit == 500)
        #expect(usage.memory.faultsBelow.all == 4 && usage.memory.kills == 1)
        #expect(usage.threads == 3 && usage.threadLimit == nil)
    }

    @Test func theSecondVersion() throws {
        let metrics = MetricsV2(
            pids: PidsMetrics(current: 3, limit: 9), cpu: CPUMetricsV2(usageUsec: 7),
            memory: MemoryMetricsV2(
                anon: 6, inactiveFile: 30, pgfault: 4, pgmajfault: 1, usage: 100, usageLimit: .max,
                swapUsage: 10, swapLimit: 0))
        let usage = try #require(try usage(second, Codec.encode(metrics)))
        #expect(usage.cpu.usage == 7_000)
        #expect(usage.memory.workingSet == 70 && usage.memory.rss == 6)
        #expect(usage.memory.limit == nil && usage.memory.swapLimit == nil)
        #expect(usage.memory.faultsBelow.all == 4 && usage.memory.faultsBelow.major == 1)
        #expect(usage.threads == 3 && usage.threadLimit == 9)
    }

    @Test func nothingAndTooMuch() throws {
        #expect(try usage(first, []) == CgroupUsage())
        #expect(try usage(second, []) == CgroupUsage())
        #expect(try usage("io.containerd.cgroups.v3.Metrics", []) == nil)
        #expect(throws: (any Error).self) { try usage(first, [0x0a, 0xff]) }
        let most = MetricsV2(cpu: CPUMetricsV2(usageUsec: .max))
        #expect(try usage(second, Codec.encode(most))?.cpu.usage == .max)
        let odd = MetricsV1(
            memory: MemoryMetricsV1(
                totalInactiveFile: .max,
                usage: MemoryUseV1(limit: 9_223_372_036_854_771_712, usage: 5),
                swap: MemoryUseV1(usage: 1)))
        let memory = try #require(try usage(first, Codec.encode(odd))).memory
        #expect(memory.limit == nil && memory.workingSet == 0 && memory.swap == 0)
    }
}
