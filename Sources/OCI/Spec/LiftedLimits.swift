internal import Kernel
internal import System

/// Limits that a container has had and is to have no more.
///
/// No runtime can be asked for this alone: crun writes an unsigned number where cgroup v1 wants -1, forgets
/// a quota that comes without a period on v2, and raises memory before memory and swap together.
public struct LiftedLimits: Sendable {
    private let directory: String
    private let host: HostFacts

    /// - Parameter directory: of the container's cgroup, as `CgroupPath.directory` gives it.
    public init(_ directory: String, _ host: HostFacts) {
        self.directory = directory
        self.host = host
    }

    /// Writes "no limit" for what `new` does not limit, before the runtime sets the others.
    /// - Parameter old: the limits until now; nil when they are not known.
    public func lift(from old: Spec.Resources?, to new: Spec.Resources) async throws {
        let files = files(from: old, to: new)
        let none = host.cgroupVersion == .v1 ? "-1" : "max"
        try await Blocking.run { for file in files { try Self.write(none, to: file) } }
    }

    /// Without the controller there is no limit.
    private static func write(_ text: String, to file: String) throws(SystemError) {
        guard Files.exists(file) else { return }
        try Files.write(text, to: file)
    }

    func files(from old: Spec.Resources?, to new: Spec.Resources) -> [String] {
        var files: [String] = []
        if Self.isLifted(old, new, { $0.cpu?.quota }) {
            files.append(file("cpu", "cpu.cfs_quota_us", "cpu.max"))
        }
        // Memory and swap together is never the lower one.
        if Self.isLifted(old, new, { $0.memory?.swap }) {
            files.append(file("memory", "memory.memsw.limit_in_bytes", "memory.swap.max"))
        }
        if Self.isLifted(old, new, { $0.memory?.limit }) {
            files.append(file("memory", "memory.limit_in_bytes", "memory.max"))
        }
        return files
    }

    private static func isLifted(
        _ old: Spec.Resources?, _ new: Spec.Resources, _ limit: (Spec.Resources) -> Int64?
    ) -> Bool {
        if let limit = limit(new), limit >= 0 { return false }
        guard let old else { return true }
        return (limit(old) ?? -1) >= 0
    }

    private func file(_ controller: String, _ first: String, _ second: String) -> String {
        switch host.cgroupVersion {
        case .v1: "/sys/fs/cgroup/\(controller)\(directory)/\(first)"
        case .v2: "/sys/fs/cgroup\(directory)/\(second)"
        }
    }
}
