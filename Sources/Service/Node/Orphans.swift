internal import Glibc
internal import Kernel
internal import OCI
internal import Text

/// Something on the node that belongs to a pod or a container that nobody knows.
struct Orphan: Hashable, Sendable {
    enum Kind: String, Sendable {
        case pod, container, cgroup
        /// A container that a runtime knows.
        case state
    }

    let kind: Kind
    /// The pod's or the container's, or the name of a root file system.
    let id: String
    let path: String
}

/// Looks for orphans. Blocks the thread.
struct OrphanSearch: Sendable {
    let paths: Paths
    /// Where runtimes keep what they know, by the handler's name.
    let runtimeRoots: [String: String]
    let pods: Set<String>
    let containers: Set<String>

    func run() -> [Orphan] {
        podDirectories() + containerDirectories() + runtimeStates() + cgroups()
    }

    private func podDirectories() -> [Orphan] {
        names(paths.pods).filter { !pods.contains($0) }.map {
            Orphan(kind: .pod, id: $0, path: "\(paths.pods)/\($0)")
        }
    }

    /// A root file system is made before its container is stored, since the container's user is
    /// looked up in it. One without a container is what a killed daemon left.
    private func containerDirectories() -> [Orphan] {
        [paths.containers, "\(paths.root)/containers"].flatMap { directory in
            names(directory).filter { !containers.contains(ImageVolumes.container(of: $0)) }.map {
                Orphan(kind: .container, id: $0, path: "\(directory)/\($0)")
            }
        }
    }

    /// crun and runc have a directory for each container.
    private func runtimeStates() -> [Orphan] {
        // What is elsewhere may be shared with others, as /run/runc is.
        let own = runtimeRoots.values.filter { $0.begins(with: "\(paths.runRoot)/") }
        return own.sorted().flatMap { root in
            names(root).filter { Identifier.isOne($0) && !isKnown($0) }.map {
                Orphan(kind: .state, id: $0, path: "\(root)/\($0)")
            }
        }
    }

    private func cgroups() -> [Orphan] {
        var found: [Orphan] = []
        search("", depth: Self.deepest, &found)
        return Array(Set(found)).sorted { $0.path < $1.path }
    }

    /// Pods' cgroups are at most this deep below the mount of the kubelet's.
    private static let deepest = 6

    /// One hierarchy is enough: runtimes make the same in each.
    private var hierarchy: String {
        Files.exists("/sys/fs/cgroup/cgroup.controllers")
            ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
    }

    private func search(_ path: String, depth: Int, _ found: inout [Orphan]) {
        guard depth > 0 else { return }
        for name in names("\(hierarchy)\(path)") where Self.mayBeCgroup(name) {
            let inner = "\(path)/\(name)"
            if let id = CgroupPath.container(ofDirectory: name), Identifier.isOne(id) {
                if !isKnown(id) && isOurs(id, inner) {
                    found.append(Orphan(kind: .cgroup, id: id, path: inner))
                }
            } else {
                search(inner, depth: depth - 1, &found)
            }
        }
    }

    /// Another Gantry may have pods on this node: a process in the cgroup says whose it is, by the
    /// directory that it writes to.
    private func isOurs(_ id: String, _ cgroup: String) -> Bool {
        let members = (try? Files.readText("\(hierarchy)\(cgroup)/cgroup.procs")) ?? ""
        let written = "upperdir=\(paths.root)/containers/\(id)/"
        return members.split(at: "\n").contains { process in
            (try? Files.readText("/proc/\(process)/mountinfo"))?.has(text: written) ?? false
        }
    }

    /// The files of controllers have a dot in their names, and no dash.
    private static func mayBeCgroup(_ name: String) -> Bool {
        !name.has(".") || name.has("-") || name.ends(with: ".slice")
    }

    /// An infra container has its pod's ID.
    private func isKnown(_ id: String) -> Bool { containers.contains(id) || pods.contains(id) }

    private func names(_ directory: String) -> [String] { (try? Files.list(directory)) ?? [] }
}
