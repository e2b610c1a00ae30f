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

    /// Whether anything is in it: a process, or another cgroup.
    public var isOccupied: Bool {
        directories.contains { directory in
            Self.tree(directory).count > 1 || !Self.processes(directory).isEmpty
        }
    }

    /// Those in it, and below. Blocks the thread.
    public var processes: Set<Int32> {
        Set(directories.flatMap(Self.tree).flatMap(Self.processes))
    }

    /// Kills every process in it and below, and removes it. Safe to repeat.
    /// - Throws: `deadlineExceeded` when some process outlives SIGKILL by `limit`.
    public func remove(limit: Duration = .seconds(10)) async throws {
        guard isThere else { return }
        try await kill(limit: limit)
        try await Blocking.run {
            for directory in directories { Self.removeEmpty(directory) }
        }
    }

    /// Kills every process in it and below, those too that somebody has frozen, and leaves it.
    /// - Throws: `deadlineExceeded` when some process outlives SIGKILL by `limit`.
    public func kill(limit: Duration = .seconds(10)) async throws {
        let deadline = ContinuousClock.now + limit
        try await Blocking.run {
            while case let living = members(), !living.isEmpty {
                for process in living { gantry_pidfd_send_signal(process.raw, SIGKILL) }
                thawNow()
                for process in living { _ = process.hasExited(within: max(.zero, deadline - .now)) }
                guard ContinuousClock.now < deadline else {
                    throw GantryError(
                        .deadlineExceeded, "\(living.count) processes outlived SIGKILL by \(limit)")
                }
            }
        }
    }

    /// Lets processes go on that were frozen in it or below, as by a runtime's `pause`: until then
    /// they take no signal, and on cgroup v1 not even SIGKILL (cgroup-v1/freezer-subsystem.rst).
    public func thaw() async throws {
        try await Blocking.run { thawNow() }
    }

    private func thawNow() {
        for directory in directories.filter(Self.canFreeze).flatMap(Self.tree) {
            for (file, frozen, thawed) in [
                ("freezer.state", "F", "THAWED"), ("cgroup.freeze", "1", "0"),
            ] {
                let path = "\(directory)/\(file)"
                // What is frozen from above is not for us to thaw.
                guard (try? Files.readText(path))?.begins(with: frozen) == true else { continue }
                try? Files.write(thawed, to: path)
            }
        }
    }

    private static func canFreeze(_ directory: String) -> Bool {
        Files.exists("\(directory)/freezer.state") || Files.exists("\(directory)/cgroup.freeze")
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
        var found = [directory]
        var next = 0
        while next < found.count {
            let names = (try? Files.list(found[next])) ?? []
            found += names.map { "\(found[next])/\($0)" }.filter(isDirectory)
            next += 1
        }
        return found.reversed()
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
