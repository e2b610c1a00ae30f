internal import Glibc
internal import Kernel
internal import Text

/// How often the kernel has killed in a container's cgroup for want of memory.
///
/// The runtime removes the cgroup only when it deletes the container, but systemd that of a scope as
/// soon as its last process has gone, which may be before the monitor hears of it. So the file of
/// cgroup v2 is listened to, and what it could not tell any more is missing in the sum of the slice.
final class MemoryEvents: EventSource {
    private let file: Descriptor
    private let place: MemoryEventsFile
    private let pod: PodKills
    private var kills = 0
    /// Kills in the slice by the time that this was made, of which the pod's containers knew nothing.
    private var foreign = 0

    /// Finds the file from a process, before that has gone.
    init?(of pid: Int32, in pod: PodKills) {
        guard let text = try? Files.readText("/proc/\(pid)/cgroup"),
            let place = MemoryEventsFile(membership: text),
            let file = try? Files.open(place.path)
        else { return nil }
        self.file = file
        self.place = place
        self.pod = pod
        // An event is a change since the last reading.
        _ = ready()
        foreign = unexplained
    }

    /// cgroup v1 has no such events.
    var isListening: Bool { place.isUnified }
    var descriptor: Int32 { file.raw }
    var awaits: EventKind { .exception }

    /// Returns false when the cgroup has gone.
    func ready() -> Bool {
        guard lseek(file.raw, 0, SEEK_SET) == 0, let bytes = try? Files.readToEnd(file)
        else { return false }
        add(MemoryEventsFile.kills(in: String(decoding: bytes, as: UTF8.self)).minus(kills))
        return true
    }

    /// The last look, when the container has ended: whether there were any.
    func haveKilled() -> Bool {
        if !ready() { add(max(0, unexplained.minus(foreign))) }
        return kills > 0
    }

    private func add(_ more: Int) {
        kills = kills.plus(more)
        pod.known = pod.known.plus(more)
    }

    /// The slice's kills, which include those of cgroups that have gone, without the known ones.
    private var unexplained: Int {
        guard let slice = place.slice, let text = try? Files.readText(slice) else { return 0 }
        return MemoryEventsFile.kills(in: text).minus(pod.known)
    }
}

/// The kills that the pod's containers know of, all together.
final class PodKills {
    var known = 0
}

/// Where the kills are told: cgroup-v1/memory.rst section 10, cgroup-v2.rst "memory.events".
struct MemoryEventsFile: Hashable {
    let path: String
    let isUnified: Bool
    /// The same file of the slice that a systemd scope is in.
    let slice: String?

    /// - Parameter membership: `/proc/pid/cgroup` (cgroups(7)).
    init?(membership: String) {
        var unified: Substring?
        for line in membership.split(at: "\n") {
            let parts = line.split(at: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].split(at: ",").contains("memory") {
                path = "/sys/fs/cgroup/memory\(parts[2])/memory.oom_control"
                isUnified = false
                slice = nil
                return
            }
            if parts[0] == "0" { unified = parts[2] }
        }
        guard let unified else { return nil }
        path = "/sys/fs/cgroup\(unified)/memory.events"
        isUnified = true
        slice = Self.slice(of: unified).map { "/sys/fs/cgroup\($0)/memory.events" }
    }

    private static func slice(of path: Substring) -> String? {
        let names = path.split(at: "/")
        guard let scope = names.firstIndex(where: { $0.ends(with: ".scope") }) else { return nil }
        return names[..<scope].map { "/\($0)" }.joined()
    }

    static func kills(in text: String) -> Int {
        let key = "oom_kill "
        let value = text.lines.lazy.compactMap { $0.removing(prefix: key) }.first
        return value.flatMap { Int($0) } ?? 0
    }
}
