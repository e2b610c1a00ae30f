internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol
internal import Text

/// Where the daemon is, and runtimes begin.
///
/// The daemon puts a monitor into its pod's cgroup, and the monitor enters the pod's network by itself,
/// since the kubelet reads both figures there. The runtimes that it starts begin where the daemon is
/// all the same: what they use is not the pod's, and neither the pod's limits nor its network may be in
/// their way.
final class Home {
    /// The process ID of the daemon that has connected last.
    var daemon: Int32 = -1
    private var hasLeftNetwork = false

    /// Enters the network namespace that was pinned. Without it only figures are missing.
    func leave(for request: NamespaceRequest) {
        guard let pin = request.pins.first(where: { $0.kind == .network }) else { return }
        do {
            let namespace = try Files.open(pin.path)
            try syscall("setns", pin.path) { gantry_setns(namespace.raw, GANTRY_CLONE_NEWNET) }
            hasLeftNetwork = true
        } catch {
            Supervisor.warn("\(error)")
        }
    }

    /// Starts a program there, in a session of its own: its group can be killed, and no terminal's
    /// signal reaches it.
    func start(
        _ path: String, _ arguments: [String], input: Int32 = -1, output: Int32, error: Int32 = -1
    ) throws(SystemError) -> Int32 {
        let membership = try? Files.readText("/proc/\(daemon)/cgroup")
        let home = HomeCgroup(membership ?? "")
        let isAway = membership != (try? Files.readText("/proc/self/cgroup"))
        let cgroup = isAway ? try? Files.open(home.directory ?? "", O_RDONLY | O_DIRECTORY) : nil
        let network = hasLeftNetwork ? try? Files.open("/proc/\(daemon)/ns/net") : nil
        let place = Spawn.Place(
            members: isAway ? home.members : [], cgroup: cgroup.raw, network: network.raw)
        return try Spawn.start(
            path, arguments, environment: Self.environment, input: input, output: output,
            error: error, newSession: true, place: isAway || hasLeftNetwork ? place : nil)
    }

    private static let environment = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    ]
}

/// The files by which a process gets into the cgroups that `/proc/PID/cgroup` names.
struct HomeCgroup: Equatable {
    /// Of cgroup v1, one in each hierarchy.
    private(set) var members: [String] = []
    /// Of cgroup v2, where there is nothing else.
    private(set) var directory: String?

    init(_ membership: String) {
        for line in membership.split(at: "\n") {
            let parts = line.split(at: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty {
                directory = "/sys/fs/cgroup\(parts[2])"
            } else {
                let name = parts[1].removing(prefix: "name=") ?? parts[1]
                members.append("/sys/fs/cgroup/\(name)\(parts[2])/cgroup.procs")
            }
        }
        if !members.isEmpty { directory = nil }
    }
}
