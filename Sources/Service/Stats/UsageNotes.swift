internal import Kernel
internal import Synchronization
internal import System

/// What is remembered of a container between two questions about what it uses. It is no part of the
/// container's state, whose encoding stays as it is.
final class UsageNotes: Sendable {
    private struct Content {
        var cgroup: Cgroup?
        var sample: CPUSample?
    }

    private let content = Mutex(Content())

    /// The cgroup of a container, looked up once: what runs in it may move to one below.
    ///
    /// Blocks the thread.
    /// - Returns: nil when it was never looked up and the process has gone.
    func cgroup(pid: Int32) -> Cgroup? {
        if let known = content.withLock({ $0.cgroup }) { return known }
        let found = Cgroup.of(pid: pid)
        content.withLock { $0.cgroup = found }
        return found
    }

    /// Notes the CPU time used up to a moment.
    /// - Parameter start: when the container began to use any; nil when it has not.
    /// - Returns: nanoseconds of CPU a second since somebody last asked, or since the start; nil
    ///   before the start. Soon after the last time its rate stands.
    func rate(usage: UInt64, at time: Int64, since start: Int64?) -> UInt64? {
        guard let start else { return nil }
        return content.withLock { content in
            let last = content.sample ?? CPUSample(time: start, usage: 0, rate: 0)
            let elapsed = time.minus(last.time)
            guard elapsed >= CPUSample.shortest, usage >= last.usage else { return last.rate }
            let rate = UInt64(clamping: Double(usage - last.usage) / Double(elapsed) * 1e9)
            content.sample = CPUSample(time: time, usage: usage, rate: rate)
            return rate
        }
    }
}

/// CPU time at one moment, in nanoseconds.
private struct CPUSample {
    let time: Int64
    let usage: UInt64
    /// Nanoseconds of CPU a second up to here.
    let rate: UInt64

    /// The kernel counts in ticks of some milliseconds: over less than this, a rate says nothing.
    static let shortest: Int64 = 100_000_000
}
