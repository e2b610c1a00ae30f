internal import Glibc
internal import Kernel
public import Model
public import System

/// A device node of the node that a container gets.
public struct HostDevice: Hashable, Sendable {
    public var device: Spec.Device
    /// Its path on the node.
    public var source: String
    /// Some of `r`, `w` and `m` (mknod).
    public var access: String

    /// - Parameter source: its path on the node; without one, the same as in the container.
    public init(_ device: Spec.Device, source: String? = nil, access: String = "rwm") {
        self.device = device
        self.source = source ?? device.path
        self.access = access
    }

    /// The same, owned in the container by what its security context names: what is not named there
    /// stays the node's (`device_ownership_from_security_context`).
    public func owned(by security: LinuxContainerSecurityContext) -> HostDevice {
        var device = self
        if let user = security.runAsUser { device.device.uid = UInt32(clamping: user.value) }
        if let group = security.runAsGroup { device.device.gid = UInt32(clamping: group.value) }
        return device
    }

    /// What CRI's `Device` stands for: a node, or all nodes below a directory.
    /// - Throws: `invalidArgument` when it is neither or the permissions are none.
    public static func resolve(
        _ device: Device, _ paths: HostPaths
    ) async throws -> [HostDevice] {
        let access = device.permissions.isEmpty ? "rwm" : device.permissions
        guard access.utf8.allSatisfy({ "rwm".utf8.contains($0) }) else {
            throw GantryError(
                .invalidArgument,
                "devices.permissions: device permissions \"\(access)\" are not some of r, w and m")
        }
        let target = device.containerPath.isEmpty ? device.hostPath : device.containerPath
        let found = try await nodes(device.hostPath, target, access, paths)
        guard !found.isEmpty else {
            throw GantryError(
                .invalidArgument, "devices.host_path: \(device.hostPath) is not a device")
        }
        return found
    }

    /// All that a privileged container gets. Terminals and what the runtime makes anew in each
    /// container are left out.
    public static func all() async throws -> [HostDevice] {
        try await Blocking.run { try below("/dev", "/dev", "rwm") }
    }

    private static let fresh: Set<String> = [
        "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console", "/dev/ptmx",
    ]

    /// A symbolic link that the request names is followed. A directory is looked through only where that
    /// cannot hang.
    private static func nodes(
        _ path: String, _ target: String, _ access: String, _ paths: HostPaths
    ) async throws -> [HostDevice] {
        do {
            let found = try await paths.find(path)
            if found.isDirectory {
                if found.mayHang { return [] }
                return try await Blocking.run { try below(path, target, access) }
            }
            return HostDevice(found, path, target, access).map { [$0] } ?? []
        } catch let error as SystemError where error.errno == ENOENT {
            return []
        }
    }

    /// The nodes in a directory and in those below it, but not in what is mounted there. Symbolic links are
    /// skipped.
    private static func below(
        _ path: String, _ target: String, _ access: String
    ) throws(SystemError) -> [HostDevice] {
        var walk = try TreeWalk(
            try Files.open(path, O_RDONLY | O_DIRECTORY), acrossMounts: false)
        var found: [HostDevice] = []
        var above: [String] = []
        while let step = try walk.next() {
            guard case .entry(let name) = step else {
                above.removeLast()
                continue
            }
            let text = Trees.readable(name)
            let inner = "/" + (above + [text]).joined(separator: "/")
            if fresh.contains(path + inner) { continue }
            if try enters(&walk, name) {
                above.append(text)
            } else if let device = HostDevice(
                try HostPaths.lookNow(name, in: walk.directory), path + inner, target + inner,
                access)
            {
                found.append(device)
            }
        }
        return found.sorted { $0.source < $1.source }
    }

    private static func enters(
        _ walk: inout TreeWalk, _ name: [CChar]
    ) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try walk.enter(name)
            return true
        } catch {
            guard [ENOTDIR, ELOOP, EXDEV, ENOENT].contains(error.errno) else { throw error }
            return false
        }
    }

    /// Nil for what is no device.
    private init?(
        _ found: HostPaths.Found?, _ source: String, _ target: String, _ access: String
    ) {
        guard let found else { return nil }
        let type: String
        switch mode_t(found.mode) & Glibc.S_IFMT {
        case Glibc.S_IFCHR: type = "c"
        case Glibc.S_IFBLK: type = "b"
        default: return nil
        }
        let node = Spec.Device(
            path: target, type: type, major: Int64(found.major), minor: Int64(found.minor),
            fileMode: found.mode & 0o7777, uid: found.uid, gid: found.gid)
        self.init(node, source: source, access: access)
    }
}
