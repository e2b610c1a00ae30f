internal import CLinux
internal import Glibc
internal import Kernel

/// How much of a file system is free, in whole per cent (statvfs(3)).
public struct FreeShare: Hashable, Sendable {
    /// nil where there is nothing to count.
    public let bytes: Int?
    public let inodes: Int?
    /// Whether it is a tmpfs or a ramfs, and empty after a reboot.
    public let isMemory: Bool

    /// Nil when there is no such path.
    public init?(_ path: String) {
        var space = statvfs()
        guard statvfs(path, &space) == 0 else { return nil }
        bytes = Self.percent(UInt64(space.f_bavail), UInt64(space.f_blocks))
        inodes = Self.percent(UInt64(space.f_favail), UInt64(space.f_files))
        isMemory = gantry_is_memory(path) == 1
    }

    private static func percent(_ free: UInt64, _ all: UInt64) -> Int? {
        all == 0 ? nil : Int(clamping: Double(free) / Double(all) * 100)
    }
}
