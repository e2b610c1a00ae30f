internal import CLinux
internal import Glibc
internal import Kernel

/// The file system that a directory is on, by statvfs(3) and its mount.
public struct FilesystemFigures: Hashable, Sendable {
    /// As its mount names it: `/dev/vda`, `tmpfs`.
    public let device: String
    public let major: UInt32
    public let minor: UInt32
    /// Bytes.
    public let capacity: UInt64
    public let inodes: UInt64
    public let freeInodes: UInt64

    /// Blocks the thread.
    /// - Throws: `SystemError` when there is no such directory.
    public static func of(_ path: String) throws -> FilesystemFigures {
        var status = stat()
        try syscall("stat", path) { stat(path, &status) }
        var space = statvfs()
        try syscall("statvfs", path) { statvfs(path, &space) }
        let (major, minor) = (gnu_dev_major(status.st_dev), gnu_dev_minor(status.st_dev))
        let mounts = KernelFile("/proc/self/mountinfo")
        return FilesystemFigures(
            device: source(of: "\(major):\(minor)", mounts.fields) ?? "", major: major,
            minor: minor, capacity: UInt64(space.f_blocks).times(UInt64(space.f_frsize)),
            inodes: UInt64(space.f_files), freeInodes: UInt64(space.f_ffree))
    }

    /// The device that a block device's number stands for, as `/dev/sda`.
    public static func blockDevice(_ major: UInt32, _ minor: UInt32) -> String {
        let facts = KernelFile("/sys/dev/block/\(major):\(minor)/uevent")
        let name = facts.line(beginningWith: "DEVNAME=")
        return name.map { "/dev/" + String(decoding: $0, as: UTF8.self) } ?? "\(major):\(minor)"
    }

    /// proc_pid_mountinfo(5): the third field is the device's number, the second after `-` its name.
    static func source(of number: String, _ mounts: [[Substring]]) -> String? {
        let fields = mounts.first { $0.count > 2 && $0[2] == number }
        guard let fields, let dash = fields.firstIndex(of: "-"), fields.count > dash + 2 else {
            return nil
        }
        return String(fields[dash + 2])
    }
}
