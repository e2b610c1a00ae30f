internal import Glibc
public import Kernel
internal import Text

/// A cgroup that is to be made for a process that runs already.
public struct CgroupMember: Sendable {
    private static let mount = "/sys/fs/cgroup"
    /// Below each hierarchy's mount point.
    private let path: String

    /// - Parameter path: below each hierarchy's mount point, as `CgroupPath.directory` gives it.
    public init(_ path: String) {
        self.path = path
    }

    /// Makes the cgroup in each hierarchy, with those above it that are missing, and moves the process
    /// there. Safe to repeat. Blocks the thread.
    ///
    /// On cgroup v1 the process keeps its place in the pids hierarchy: it must be able to start
    /// programs however many processes the pod has. Of v2 a program can be started into another cgroup.
    public func take(_ pid: Int32) throws(SystemError) {
        for hierarchy in Self.hierarchies {
            try make(path, below: hierarchy)
            if hierarchy.ends(with: "/pids") { continue }
            try Files.write("\(pid)", to: "\(hierarchy)\(path)/cgroup.procs")
        }
    }

    /// The mount points of those that runtimes make cgroups in: of a hybrid, those of v1.
    private static var hierarchies: [String] {
        if Files.exists("\(mount)/cgroup.controllers") { return [mount] }
        return ((try? Files.list(mount)) ?? []).map { "\(mount)/\($0)" }.filter { path in
            var status = stat()
            return !path.ends(with: "/unified") && lstat(path, &status) == 0
                && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    private func make(_ path: String, below hierarchy: String) throws(SystemError) {
        for (parent, directory) in Self.levels(of: path, below: hierarchy) {
            guard !Files.exists(directory) else { continue }
            try Files.makeDirectories(directory)
            try inherit(from: parent, to: directory)
        }
    }

    /// Each directory of the path with the one above it, from the top.
    static func levels(of path: String, below top: String) -> [(parent: String, directory: String)]
    {
        var directory = top
        return path.split(at: "/").map { name in
            let parent = directory
            directory += "/\(name)"
            return (parent, directory)
        }
    }

    /// What a new cgroup does not take over by itself: on v1 the CPUs and nodes, without which no
    /// process may enter; on v2 the controllers, which the parent has to pass on.
    private func inherit(from parent: String, to directory: String) throws(SystemError) {
        for name in ["cpuset.cpus", "cpuset.mems"]
        where directory.begins(with: "\(Self.mount)/cpuset/") {
            let all = try Files.readText("\(parent)/\(name)")
            try Files.write(all, to: "\(directory)/\(name)")
        }
        let controllers = (try? Files.readText("\(parent)/cgroup.controllers")) ?? ""
        for name in controllers.words {
            try? Files.write("+\(name)", to: "\(parent)/cgroup.subtree_control")
        }
    }
}
