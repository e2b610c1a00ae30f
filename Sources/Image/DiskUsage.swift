internal import CLinux
internal import Glibc
internal import Kernel
internal import System

/// What a directory takes on disk with all that is in it: blocks and inodes, hard links once.
enum DiskUsage {
    static func measure(_ path: String) throws -> (bytes: UInt64, inodes: UInt64) {
        guard Files.exists(path) else { return (0, 0) }
        let directory = try Files.open(path, O_RDONLY | GANTRY_O_DIRECTORY)
        var walk = Walk()
        try walk.add(directory)
        return (walk.bytes, UInt64(walk.seen.count))
    }

    private struct Walk {
        var bytes: UInt64 = 0
        var seen: Set<UInt64> = []

        mutating func add(_ directory: borrowing Descriptor) throws {
            for name in try Trees.children(of: directory) {
                var status = stat()
                let raw = directory.raw
                // It is in use: what vanishes meanwhile is not counted.
                guard fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
                    seen.insert(UInt64(status.st_ino)).inserted
                else { continue }
                bytes += UInt64(status.st_blocks) * 512
                guard status.st_mode & S_IFMT == S_IFDIR else { continue }
                let flags = O_RDONLY | GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW
                let opened = gantry_openat(raw, name, flags, 0)
                if opened >= 0 { try add(Descriptor(owning: opened)) }
            }
        }
    }
}
