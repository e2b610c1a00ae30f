internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Synchronization
internal import Text

/// A mark on a program and on everything that it starts, by which they are found again whatever
/// they did to their parents, sessions, process groups and environment.
///
/// A process in a container that forks twice becomes a child of the container's init; nothing that
/// /proc shows of it tells any more who started it. The timer slack does: children inherit it and
/// execve keeps it (prctl(2), `PR_SET_TIMERSLACK`). So each mark is a slack of its own, the
/// default of 50 µs and up to 50 µs more, which no program notices. What sets its own timer slack,
/// or runs under a real-time policy, escapes. A value comes again after 50,000 marks.
public struct ProcessMark: Hashable, Sendable {
    /// Nanoseconds.
    let timerSlack: UInt

    private static let first: UInt = 50_001
    private static let count: UInt = 50_000
    private static let next = Mutex(UInt.random(in: 0..<count))

    public init() {
        timerSlack = Self.next.withLock { next in
            defer { next = (next + 1) % Self.count }
            return Self.first + next
        }
    }

    /// Marks a program that was started by others, its session and its descendants. What has left both
    /// by then escapes.
    public func put(on program: Int32) {
        var family: Set<Int32> = [program]
        var others = Self.relations()
        while case let found = others.filter({ family.contains($0.parent) || $0.session == program }
        ),
            !found.isEmpty
        {
            family.formUnion(found.map(\.pid))
            others.removeAll { family.contains($0.pid) }
        }
        for pid in family {
            try? Files.write("\(timerSlack)", to: "/proc/\(pid)/timerslack_ns")
        }
    }

    private typealias Relation = (pid: Int32, parent: Int32, session: Int32)

    /// `/proc/PID/stat` (proc(5)): the name, in parentheses, may hold anything.
    private static func relations() -> [Relation] {
        ((try? Files.list("/proc")) ?? []).compactMap { name in
            guard let pid = Int32(name), let bytes = try? Files.read("/proc/\(pid)/stat"),
                let end = bytes.lastIndex(of: UInt8(ascii: ")"))
            else { return nil }
            let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(at: " ")
            guard fields.count > 3, let parent = Int32(fields[1]), let session = Int32(fields[3])
            else { return nil }
            return (pid, parent, session)
        }
    }

    /// Kills every process that has the mark, and returns when the last one is dead.
    /// - Throws: `deadlineExceeded` when some still live after `limit`.
    public func kill(limit: Duration = .seconds(10)) async throws {
        let deadline = ContinuousClock.now + limit
        try await Blocking.run {
            while case let living = try self.living(), !living.isEmpty {
                for process in living { gantry_pidfd_send_signal(process.raw, SIGKILL) }
                for process in living { Self.awaitExit(process, deadline) }
                guard ContinuousClock.now < deadline else {
                    throw GantryError(
                        .deadlineExceeded, "\(living.count) processes outlived SIGKILL by \(limit)")
                }
            }
        }
    }

    /// A process that is found again in the next pass was forked during this one.
    private func living() throws -> [PidDescriptor] {
        try Files.list("/proc").compactMap { name in
            guard let pid = Int32(name), hasMark(pid), let process = PidDescriptor(pid),
                !process.hasExited(within: .zero), hasMark(pid)
            else { return nil }
            return process
        }
    }

    private func hasMark(_ pid: Int32) -> Bool {
        guard let text = try? Files.readText("/proc/\(pid)/timerslack_ns") else { return false }
        return UInt(text.split(at: "\n").first ?? "") == timerSlack
    }

    private static func awaitExit(_ process: PidDescriptor, _ deadline: ContinuousClock.Instant) {
        _ = process.hasExited(within: max(.zero, deadline - .now))
    }
}
