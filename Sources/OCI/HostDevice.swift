internal import Glibc
internal import Kernel
public import Model
internal import System

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

    /// What CRI's `Device` stands for: a node, or all nodes below a directory.
    /// - Throws: `invalidArgument` when it is neither or the permissions are none.
    public static func resolve(_ device: Device) async throws -> [HostDevice] {
        let access = device.permissions.isEmpty ? "rwm" : device.permissions
        guard access.utf8.allSatisfy({ "rwm".utf8.contains($0) }) else {
            throw GantryError(
                .invalidArgument, "device permissions \"\(access)\" are not some of r, w and m")
        }
        let target = device.containerPath.isEmpty ? device.hostPath : device.containerPath
        return try await Blocking.run {
            let found = try nodes(device.hostPath, target, access, follow: true)
            guard !found.isEmpty else {
                throw GantryError(.invalidArgument, "\(device.hostPath) is not a device")
            }
            return found
        }
    }

    /// All that a privileged container gets. Terminals and what the runtime makes anew in each
    /// container are left out.
    public static func all() async throws -> [HostDevice] {
        try await Blocking.run { try nodes("/dev", "/dev", "rwm") }
    }

    private static let fresh: Set<String> = [
        "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console", "/dev/ptmx",
    ]

    /// A symbolic link is followed where the request names it, and skipped below a directory.
    private static func nodes(
        _ path: String, _ target: String, _ access: String, follow: Bool = false
    ) throws -> [HostDevice] {
        var status = stat()
        let result = follow ? stat(path, &status) : lstat(path, &status)
        guard result == 0 else {
            if errno == ENOENT { return [] }
            throw SystemError("stat", path, errno: errno)
        }
        switch status.st_mode & Glibc.S_IFMT {
        case Glibc.S_IFDIR: return try below(path, target, access)
        case Glibc.S_IFCHR:
            return [HostDevice(node(target, "c", status), source: path, access: access)]
        case Glibc.S_IFBLK:
            return [HostDevice(node(target, "b", status), source: path, access: access)]
        default: return []
        }
    }

    private static func below(
        _ path: String, _ target: String, _ access: String
    ) throws -> [HostDevice] {
        try Files.list(path).flatMap { name -> [HostDevice] in
            if fresh.contains("\(path)/\(name)") { return [] }
            return try nodes("\(path)/\(name)", "\(target)/\(name)", access)
        }
    }

    /// The bits of major and minor are interleaved in `dev_t` as makedev(3) says.
    private static func node(_ path: String, _ type: String, _ status: stat) -> Spec.Device {
        let number = status.st_rdev
        let major = (number >> 8 & 0xfff) | (number >> 32 & 0xffff_f000)
        let minor = (number & 0xff) | (number >> 12 & 0xffff_ff00)
        return Spec.Device(
            path: path, type: type, major: Int64(major), minor: Int64(minor),
            fileMode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid)
    }
}
