internal import Glibc
internal import Kernel
internal import Model
internal import OCI
internal import System
internal import Text

/// A container's init, as the node knows it.
///
/// The pid file of a runtime names the process that its caller is to wait for. With most that is the
/// init; some name a monitor of their own there, and only their `state` tells of the init (runtime.md,
/// "State"); LXC's names the monitor in both, and only the container's cgroup has the init. Figures, a
/// shared PID namespace and signals are the init's.
struct InitProcess: Sendable {
    let runtime: Runtime
    let container: String
    /// Where the runtime was told to put it, below each hierarchy's mount point.
    let cgroup: String

    /// - Parameter watched: what the pid file names.
    func find(_ watched: Int32) async -> Int32 {
        if runtime.handler.hidesProcesses || isInit(watched) { return watched }
        let state = try? await runtime.state(container)
        let told = state.flatMap { $0.pid > 1 ? $0.pid : nil }
        if let told, isInit(told) { return told }
        // Once it is created, a container has a single process.
        let members = (try? await Blocking.run { CgroupRemains(cgroup).processes }) ?? []
        if members.count == 1, let only = members.first, isInit(only) { return only }
        return told ?? watched
    }

    /// Every container has a mount namespace of its own, and its init is in its cgroup.
    private func isInit(_ pid: Int32) -> Bool {
        guard let own = Self.namespace("mnt", of: "self"),
            let other = Self.namespace("mnt", of: "\(pid)"), own != other
        else { return false }
        return Cgroup.of(pid: pid)?.path.ends(with: cgroup) ?? false
    }

    /// Whether the PID namespace of a process that is a container's can be shared.
    /// - Parameter mayBeNodes: whether the container was to be in the node's.
    /// - Throws: `failedPrecondition` where it is the node's: the process is none of a container's, and
    ///   whoever joined it would see, and could signal, all that runs on the node.
    static func requireOwnProcesses(
        of pid: Int32, _ handler: Handler, mayBeNodes: Bool = false
    ) throws {
        let link = namespace("pid", of: "\(pid)")
        guard mayBeNodes || (link != nil && link != namespace("pid", of: "self")) else {
            throw GantryError(
                .failedPrecondition,
                "namespace_options.pid: runtime handler \(handler.name) does not tell which process "
                    + "is a container's init, so no PID namespace can be shared")
        }
    }

    /// As the kernel names it: `pid:[4026531836]` (namespaces(7)).
    private static func namespace(_ kind: String, of process: String) -> String? {
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/\(process)/ns/\(kind)", &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
