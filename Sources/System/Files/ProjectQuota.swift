internal import CLinux
internal import Glibc
public import Kernel
internal import Model
internal import Synchronization

/// Limits of what directories take, by project quota (the kernel's Documentation/filesystems/quota.rst,
/// quotactl_fd(2)): whatever is made below a directory belongs to its project, and the file system counts.
/// Whoever writes beyond the limit gets `EDQUOT` (ext4) or `ENOSPC` (xfs), and nobody else is concerned.
public final class ProjectQuota: Sendable {
    private let file: Descriptor
    /// Bytes of each directory.
    private let limit: UInt64
    private let next: Mutex<UInt32>

    /// Far from those that the kubelet gives to volumes (1,048,577 and more) and from what people write
    /// into /etc/projects.
    private static let first: UInt32 = 0x4700_0000
    private static let last: UInt32 = 0x47ff_ffff

    /// - Parameters:
    ///   - directory: on the file system.
    ///   - limit: bytes of each directory that gets a project.
    /// - Throws: `GantryError` (`failedPrecondition`) that says why there are no such limits here. Blocks.
    public init(at directory: String, limit: UInt64) throws {
        self.limit = limit
        file = try Files.open(directory, O_RDONLY | GANTRY_O_DIRECTORY)
        next = Mutex(Self.first)
        let number = file.raw
        let state = gantry_project_quota_state(number)
        switch state {
        case 2: return
        case 0, 1: throw Self.refusal(directory, "quotas of projects are not switched on there")
        default:
            let reason = String(cString: strerror(errno))
            throw Self.refusal(directory, "there are no project quotas there (\(reason))")
        }
    }

    private static func refusal(_ directory: String, _ reason: String) -> GantryError {
        GantryError(
            .failedPrecondition,
            "\(directory): \(reason): want Linux 5.14, and ext4 made with `-O quota,project` and mounted "
                + "with prjquota, or xfs mounted with prjquota")
    }

    /// Makes an empty directory a project of its own, with the limit. Blocks.
    /// - Throws: `SystemError`.
    public func assign(_ directory: String) throws(SystemError) {
        let opened = try Files.open(directory, O_RDONLY | GANTRY_O_DIRECTORY)
        if try Self.project(of: opened) != nil { return }
        let project = try take()
        let (number, file) = (opened.raw, file.raw)
        try syscall("quotactl", directory) {
            gantry_set_project_limit(file, project, limit)
        }
        try syscall("FS_IOC_FSSETXATTR", directory) { gantry_set_project(number, project) }
    }

    /// A number under which nothing is on the disk: directories of an earlier daemon have theirs.
    private func take() throws(SystemError) -> UInt32 {
        let file = file.raw
        let count = Self.last - Self.first
        for _ in 0..<count {
            let project = next.withLock { next in
                defer { next = next == Self.last ? Self.first : next + 1 }
                return next
            }
            var (bytes, inodes): (UInt64, UInt64) = (0, 0)
            if gantry_get_project_usage(file, project, &bytes, &inodes) != 0 || inodes == 0 {
                return project
            }
        }
        throw SystemError("quotactl", "a project", errno: ENOSPC)
    }

    /// What a directory takes; nil for one without a project of Gantry's. Blocks.
    public func usage(of directory: String) -> (bytes: UInt64, inodes: UInt64)? {
        guard let project = Self.project(at: directory) else { return nil }
        var (bytes, inodes): (UInt64, UInt64) = (0, 0)
        guard gantry_get_project_usage(file.raw, project, &bytes, &inodes) == 0 else { return nil }
        return (bytes, inodes)
    }

    /// The project of a directory that is to be removed; nil for one without.
    public static func project(at directory: String) -> UInt32? {
        guard let opened = try? Files.open(directory, O_RDONLY | GANTRY_O_DIRECTORY) else {
            return nil
        }
        return (try? project(of: opened)) ?? nil
    }

    private static func project(
        of directory: borrowing Descriptor
    ) throws(SystemError) -> UInt32? {
        var project: UInt32 = 0
        let number = directory.raw
        try syscall("FS_IOC_FSGETXATTR") { gantry_get_project(number, &project) }
        return (first...last).contains(project) ? project : nil
    }

    /// After its directory is gone: the file system forgets the number.
    public func forget(_ project: UInt32) {
        _ = gantry_set_project_limit(file.raw, project, 0)
    }
}
