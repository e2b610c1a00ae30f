internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Text

/// A cgroup that is to go with all that runs in it, whether or not anybody else knows of it.
///
/// The cgroup alone still tells whose a process is when its parent, its session and its container's
/// init are gone (cgroups(7)).
public struct CgroupRemains: Sendable {
    /// One in each hierarchy.
    private let directories: [String]

    /// - Parameter path: below each hierarchy's mount point, as `CgroupPath.directory` gives it.
    public init(_ path: String) {
        let mount = "/sys/fs/cgroup"
        let isUnified = Files.exists("\(mount)/cgroup.controllers")
        let hierarchies = isUnified ? [""] : ((try? Files.list(mount)) ?? []).map { "/\($0)" }
        directories = hierarchies.map { "\(mount)\($0)\(path)" }
    }

    /// Whether there is any of it.
    public var isThere: Bool { directories.contains(where: Files.exists) }

    /// Kills every process in it and below, and removes it. Safe to repeat.
    /// - Throws: `deadlineExceeded` when some process outlives SIGKILL by `limit`.
    public func remove(limit: Duration = .seconds(10)) async throws {
        guard isThere else { return }
        let deadline = ContinuousClock.now + limit
        try await Blocking.run {
            while case let living = members(), !living.isEmpty {
                for process in living { gantry_pidfd_send_signal(process.raw, SIGKILL) }
                for process in living { _ = process.hasExited(within: max(.zero, deadline - .now)) }
                guard ContinuousClock.now < deadline else {
                    throw GantryError(
                        .deadlineExceeded, "\(living.count) processes outlived SIGKILL by \(limit)")
                }
            }
            for directory in directories { Self.removeEmpty(directory) }
        }
    }

    /// A process is taken again after it was opened, since its ID may have come to mean another.
    private func members() -> [PidDescriptor] {
        directories.flatMap(Self.tree).flatMap { directory in
            Self.processes(directory).compactMap { pid in
                guard let process = PidDescriptor(pid), !process.hasExited(within: .zero),
                    Self.processes(directory).contains(pid)
                else { return nil }
                return process
            }
        }
    }

    private static func processes(_ directory: String) -> [Int32] {
        let text = (try? Files.readText("\(directory)/cgroup.procs")) ?? ""
        return text.split(at: "\n").compactMap { Int32($0) }
    }

    /// The directory and all below it, the deepest first.
    private static func tree(_ directory: String) -> [String] {
        guard let names = try? Files.list(directory) else { return [] }
        return names.map { "\(directory)/\($0)" }.filter(isDirectory).flatMap(tree) + [directory]
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Who removes it first does not matter: systemd takes an empty scope away by itself.
    private static func removeEmpty(_ directory: String) {
        for path in tree(directory) { rmdir(path) }
    }
}
