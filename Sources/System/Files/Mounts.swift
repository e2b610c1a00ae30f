internal import CLinux
internal import Glibc
public import Kernel

/// Mounting and unmounting by path.
public enum Mounts {
    /// mount(2)'s flags, those that Gantry uses.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt

        public init(rawValue: UInt) {
            self.rawValue = rawValue
        }

        public static let bind = Flags(rawValue: GANTRY_MS_BIND)
        public static let recursive = Flags(rawValue: GANTRY_MS_REC)
        public static let readOnly = Flags(rawValue: GANTRY_MS_RDONLY)
        public static let noSuid = Flags(rawValue: GANTRY_MS_NOSUID)
        public static let noDev = Flags(rawValue: GANTRY_MS_NODEV)
        public static let noExec = Flags(rawValue: GANTRY_MS_NOEXEC)
    }

    /// Whether the kernel can change whole trees of mounts (mount_setattr(2)), which recursive
    /// read-only takes.
    public static var canChangeTrees: Bool { gantry_has_mount_setattr() != 0 }

    /// mount(2), on the calling thread: for code that is off the concurrency pool already.
    public static func mountNow(
        _ source: String, on target: String, type: String, flags: Flags = [], data: String = ""
    ) throws(SystemError) {
        try syscall("mount", target) {
            gantry_mount(source, target, type, flags.rawValue, data)
        }
    }

    /// The same, with descriptors of this process as names in `data`: relative paths count from the
    /// directory of the process's descriptors.
    public static func mountByNumberNow(
        _ source: String, on target: String, type: String, flags: Flags = [], data: String
    ) throws(SystemError) {
        try syscall("mount", target) {
            gantry_mount_by_number(source, target, type, flags.rawValue, data)
        }
    }

    /// Unmounts all that is mounted on `target` itself. Nothing mounted there, or no such path, is
    /// no error. Detached, so that a process which still uses the mount does not hold the caller.
    public static func unmount(_ target: String) async throws {
        try await Blocking.run { try unmountNow(target) }
    }

    /// Unmounts what nobody uses.
    /// - Throws: `SystemError`: `EBUSY` while somebody does, `EINVAL` where nothing is mounted.
    public static func unmountIdleNow(_ target: String) throws(SystemError) {
        try syscall("umount", target) { gantry_umount(target, GANTRY_UMOUNT_NOFOLLOW) }
    }

    public static func unmountNow(_ target: String) throws(SystemError) {
        while gantry_umount(target, GANTRY_MNT_DETACH | GANTRY_UMOUNT_NOFOLLOW) == 0 {}
        let number = errno
        if number != EINVAL && number != ENOENT {
            throw SystemError("umount", target, errno: number)
        }
    }
}
