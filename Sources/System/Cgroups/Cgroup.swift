internal import Kernel
internal import Text

/// Which cgroup of each hierarchy a process is in: `/proc/pid/cgroup` (cgroups(7)).
public struct Cgroup: Hashable, Sendable {
    private var paths: [String: String] = [:]

    /// - Returns: nil when there is no such process.
    public static func of(pid: Int32) -> Cgroup? {
        (try? Files.readText("/proc/\(pid)/cgroup")).map { Cgroup($0) }
    }

    init(_ text: String) {
        for line in text.split(at: "\n") {
            let parts = line.split(at: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].split(at: ",", omittingEmptySubsequences: false) {
                paths[String(controller)] = String(parts[2])
            }
        }
    }

    /// Its path below the mount point, as cgroup v2 or, on v1, the memory controller has it.
    public var path: String { paths["memory"] ?? paths[""] ?? "/" }

    /// The one above, which of a pod's containers is the pod's.
    public var parent: Cgroup {
        var parent = self
        for (controller, path) in paths { parent.paths[controller] = Path.parent(of: path) }
        return parent
    }

    /// A node with both versions mounted has its controllers in the first (a hybrid).
    var isFirstVersion: Bool { paths["memory"] != nil }

    func hasController(_ name: String) -> Bool { paths[name] != nil }

    /// A file of a controller; the unified hierarchy has no controller's name.
    func file(_ controller: String, _ name: String) -> KernelFile {
        let mount = controller.isEmpty ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(controller)"
        return KernelFile("\(mount)\(paths[controller] ?? "")/\(name)")
    }
}
