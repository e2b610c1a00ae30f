internal import Glibc
internal import Kernel

/// What this process itself takes (proc(5)).
public struct ProcessFacts: Hashable, Sendable {
    public let cpuSeconds: Double
    public let residentBytes: UInt64
    public let descriptors: UInt64

    public static func own() -> ProcessFacts {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        let pages = KernelFile("/proc/self/statm").fields.first?.dropFirst().first
        return ProcessFacts(
            cpuSeconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9,
            residentBytes: (pages.flatMap { UInt64($0) } ?? 0)
                .times(UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))),
            descriptors: UInt64((try? Files.list("/proc/self/fd"))?.count ?? 0))
    }
}
