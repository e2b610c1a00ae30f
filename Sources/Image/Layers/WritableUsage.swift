internal import Glibc
internal import Kernel
internal import Synchronization

/// What a container's writable part takes on disk, and when that was found out.
public struct WritableUsage: Hashable, Sendable {
    public var bytes: UInt64
    public var inodes: UInt64
    /// Nanoseconds since 1970.
    public var measuredAt: Int64
}

/// Remembers what writable parts take, since to know it one must walk them.
///
/// A walk is repeated only when the file system has changed since, by its free blocks and inodes,
/// and not before twenty times its own duration has passed: however often somebody asks, walks take
/// less than a twentieth of one processor, and the figure of a small directory is always fresh.
final class WritableUsages: Sendable {
    private struct Entry {
        var usage: WritableUsage
        var duration: Duration
        var end: ContinuousClock.Instant
        var space: FreeSpace?
    }

    private let entries = Mutex<[String: Entry]>([:])

    private static let pause = 20

    /// What the directories of one file system take; nothing when they are not there. Blocks the thread.
    ///
    /// What cannot be walked is no error, since one container's files must not take away the figures
    /// of all others: the figure is then what was known before.
    func usage(_ id: String, of directories: [String]) -> WritableUsage {
        let space = directories.first.flatMap { FreeSpace($0) }
        if let known = entries.withLock({ $0[id] }) {
            let isRecent = known.end.duration(to: .now) < known.duration * Self.pause
            if isRecent || (space != nil && known.space == space) { return known.usage }
        }
        let begin = ContinuousClock.now
        let last = entries.withLock { $0[id]?.usage }
        guard let parts = try? directories.map(DiskUsage.measure) else {
            return last ?? WritableUsage(bytes: 0, inodes: 0, measuredAt: Self.wallClock())
        }
        let usage = WritableUsage(
            bytes: parts.reduce(0) { $0 &+ $1.bytes }, inodes: parts.reduce(0) { $0 &+ $1.inodes },
            measuredAt: Self.wallClock())
        let end = ContinuousClock.now
        let entry = Entry(
            usage: usage, duration: begin.duration(to: end), end: end, space: space)
        entries.withLock { $0[id] = entry }
        return usage
    }

    func forget(_ id: String) {
        entries.withLock { _ = $0.removeValue(forKey: id) }
    }

    static func wallClock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// What is free on a file system: as long as it stays the same, nothing has grown or shrunk.
private struct FreeSpace: Equatable {
    let blocks: UInt64
    let inodes: UInt64

    init?(_ path: String) {
        var space = statvfs()
        guard statvfs(path, &space) == 0 else { return nil }
        blocks = UInt64(space.f_bfree)
        inodes = UInt64(space.f_ffree)
    }
}
