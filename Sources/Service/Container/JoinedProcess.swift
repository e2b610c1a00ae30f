internal import Kernel
internal import Model
internal import System
internal import Text

/// A container's init whose PID namespace another container is to join: the runtime is told its path
/// below /proc, which is that of whatever process has the number when the runtime opens it.
///
/// So the process is held from the look at it to the end of the runtime's `create`. Lives it then
/// still, the number was never another's. If not, what was created must not be started: it may be in
/// the node's namespace.
final class JoinedProcess: Sendable {
    let path: String
    private let process: PidDescriptor?

    /// - Parameter cgroup: the container's, below each hierarchy's mount point. A process of that number that is
    ///   not in it is another's.
    /// - Throws: `failedPrecondition` when the container has ended.
    init(_ pid: Int32, cgroup: String) throws {
        // In this order: what the number stands for after the descriptor is there, it has stood for before.
        guard let process = PidDescriptor(pid), let found = Cgroup.of(pid: pid)?.path,
            found.ends(with: cgroup) || found.has(text: "\(cgroup)/")
        else { throw Self.ended }
        self.process = process
        path = "/proc/\(pid)/ns/pid"
        try requireAlive()
    }

    /// A process that only the kernel in its sandbox knows. To shims of such kernels any path means the
    /// pod's namespace, if it is the same for all of a pod's containers.
    /// - Parameter path: of no file: whoever would join it after all fails, where a path below /proc of
    ///   what the shim calls its process could be the node's namespace.
    init(hiddenBehind path: String) {
        self.path = path
        process = nil
    }

    /// - Throws: `failedPrecondition` when it has ended since.
    func requireAlive() throws {
        guard let process else { return }
        if process.hasExited(within: .zero) { throw Self.ended }
    }

    private static let ended = GantryError(
        .failedPrecondition,
        "namespace_options.pid: the container whose PID namespace is to be shared has ended")
}
