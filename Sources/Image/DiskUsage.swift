internal import CLinux
internal import Glibc
internal import Kernel
internal import System

/// What a directory takes on disk with all that is in it: blocks and inodes, hard links once.
struct DiskUsage {
    private(set) var bytes: UInt64 = 0
    private var seen: Set<UInt64> = []

    var inodes: UInt64 { UInt64(seen.count) }

    /// Zero when it is not there. It may be in use: what vanishes meanwhile is not counted, and when
    /// what is walked through is moved, what was found by then is the figure.
    static func measure(_ path: String) throws -> DiskUsage {
        var usage = DiskUsage()
        guard Files.exists(path) else { return usage }
        var walk = try TreeWalk(try Files.open(path, O_RDONLY | GANTRY_O_DIRECTORY))
        while case .some(let step) = try? walk.next() {
            guard case .entry(let name) = step, usage.counts(name, in: walk.directory) else {
                continue
            }
            try? walk.enter(name)
        }
        return usage
    }

    /// - Returns: whether it is a directory, and counted for the first time.
    private mutating func counts(_ name: [CChar], in directory: Int32) -> Bool {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
            seen.insert(UInt64(status.st_ino)).inserted
        else { return false }
        bytes = bytes.plus(UInt64(clamping: status.st_blocks).times(512))
        return status.st_mode & S_IFMT == S_IFDIR
    }
}
