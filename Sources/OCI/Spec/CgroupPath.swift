internal import Kernel
internal import Glibc
internal import Model
internal import Text

/// Who makes cgroups: the runtime itself below a path, or systemd as slices and scopes.
public enum CgroupDriver: String, Codable, Hashable, Sendable {
    case cgroupfs, systemd

    /// systemd where it is the init process, as sd_booted(3) tells it.
    public static func detect() -> CgroupDriver {
        guard Files.exists("/run/systemd/system"),
            let name = try? Files.readText("/proc/1/comm"), name.begins(with: "systemd")
        else { return .cgroupfs }
        return .systemd
    }
}

/// Where the cgroups of a pod's containers are.
public struct CgroupPath: Hashable, Sendable {
    public let driver: CgroupDriver
    /// `/kubepods/pod1`, or the name of a slice `kubepods-pod1.slice`, or empty.
    public let parent: String

    public init(driver: CgroupDriver, parent: String) {
        self.driver = driver
        self.parent = parent
    }

    /// A kubelet with another driver would look for its pods' cgroups where they are not.
    /// - Throws: `GantryError` (`invalidArgument`).
    public func check() throws {
        if parent.isEmpty { return }
        guard !parent.split(at: "/").contains("..") else {
            throw GantryError(.invalidArgument, "cgroup_parent \"\(parent)\" has \"..\" in it")
        }
        let form: CgroupDriver = slice.ends(with: ".slice") ? .systemd : .cgroupfs
        guard form != driver else { return }
        throw GantryError(
            .invalidArgument,
            "cgroup_parent \"\(parent)\" is of the cgroup driver \(form.rawValue), and this node's is "
                + "\(driver.rawValue): kubelet (cgroupDriver) and Gantry (cgroup_driver) need the same"
        )
    }

    /// What `linux.cgroupsPath` takes for a container: a path, or `slice:prefix:name`
    /// (the form that runc and crun share for `--systemd-cgroup`).
    public func container(_ id: String) -> String {
        switch driver {
        case .cgroupfs: parent.isEmpty ? "/gantry-\(id)" : "\(absolute)/\(id)"
        case .systemd: "\(parent.isEmpty ? "system.slice" : slice):\(Self.scopePrefix):\(id)"
        }
    }

    /// The same below each hierarchy's mount point.
    ///
    /// The dashes of a slice's name are its place in the tree (systemd.slice(5)).
    public func directory(_ id: String) -> String {
        switch driver {
        case .cgroupfs: container(id)
        case .systemd: "\(expandedSlice)/\(Self.scopePrefix)-\(id).scope"
        }
    }

    /// The directory that stands for a spec's `linux.cgroupsPath`, as `container` wrote it, or a plugin.
    public static func directory(ofSpec path: String) -> String {
        let parts = path.split(at: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { return path }
        let slice = CgroupPath(driver: .systemd, parent: parts[0]).expandedSlice
        let unit = [parts[1], parts[2]].filter { !$0.isEmpty }.joined(separator: "-")
        return "\(slice)/\(unit).scope"
    }

    /// Whether a plugin may have a container put there: everything in it is killed with the container, so
    /// it must be a place of its own, in the form that the driver takes.
    /// - Throws: `GantryError` (`invalidArgument`).
    public static func check(chosen path: String, _ driver: CgroupDriver) throws {
        let isScope = path.split(at: ":", omittingEmptySubsequences: false).count == 3
        let form =
            isScope == (driver == .systemd)
            && (isScope ? !path.utf8.contains(UInt8(ascii: "/")) : path.begins(with: "/"))
        let parts = path.split(at: "/")
        let isPlain = !path.utf8.contains(0) && !parts.contains("..") && !parts.contains(".")
        guard form, isPlain, !parts.isEmpty else {
            let wanted = driver == .systemd ? "SLICE:PREFIX:NAME" : "an absolute path"
            throw GantryError(
                .invalidArgument,
                "the cgroups path \"\(path)\" is not \(wanted), as the cgroup driver "
                    + "\(driver.rawValue) needs")
        }
    }

    /// Whose cgroup a directory of this name is, where the name says that it is ours.
    public static func container(ofDirectory name: String) -> String? {
        if let id = name.removing(prefix: "gantry-") { return String(id) }
        let scope = name.removing(prefix: "\(scopePrefix)-")
        return scope?.removing(suffix: ".scope").map(String.init)
    }

    /// What a container's scope is called besides its ID, by which tools tell whose it is.
    private static let scopePrefix = "cri-gantry"

    private var absolute: String {
        var trimmed = parent[...]
        while let shorter = trimmed.removing(suffix: "/") { trimmed = shorter }
        return trimmed.begins(with: "/") ? String(trimmed) : "/" + trimmed
    }

    /// The kubelet gives a slice by its name or by its path.
    private var slice: String { Path.lastComponent(of: parent) }

    private var expandedSlice: String {
        guard let parts = slice.removing(suffix: ".slice")?.split(at: "-") else {
            return "/system.slice"
        }
        var path = ""
        var name = ""
        for part in parts {
            name += name.isEmpty ? part : "-" + part
            path += "/\(name).slice"
        }
        return path
    }
}
