internal import CLinux
internal import Glibc
internal import Kernel
internal import System

/// What a directory takes on disk with all that is in it: blocks and inodes, hard links once.
///
/// A file's names share it, so that no name must be remembered: there may be millions.
struct DiskUsage {
    private var whole: UInt64 = 0
    private var shared = (bytes: 0.0, inodes: 0.0)
    private var count: UInt64 = 0

    var bytes: UInt64 { whole.plus(UInt64(clamping: shared.bytes.rounded())) }
    var inodes: UInt64 { count.plus(UInt64(clamping: shared.inodes.rounded())) }

    /// Zero when it is not there. It may be in use: what vanishes meanwhile is not counted, and when
    /// what is walked through is moved, what was found by then is the figure.
    static func measure(_ path: String) throws -> DiskUsage {
        var usage = DiskUsage()
        guard Files.exists(path) else { return usage }
        let root = try Files.open(path, O_RDONLY | GANTRY_O_DIRECTORY)
        var walk = try TreeWalk(root, acrossMounts: false)
        while case .some(let step) = try? walk.next() {
            guard case .entry(let name) = step, usage.counts(name, in: walk.directory) else {
                continue
            }
            try? walk.enter(name)
        }
        return usage
    }

    /// - Returns: whether it is a directory.
    private mutating func counts(_ name: [CChar], in directory: Int32) -> Bool {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        let bytes = UInt64(clamping: status.st_blocks).times(512)
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if isDirectory || status.st_nlink <= 1 {
            whole = whole.plus(bytes)
            count = count.plus(1)
        } else {
            shared.bytes += Double(bytes) / Double(status.st_nlink)
            shared.inodes += 1 / Double(status.st_nlink)
        }
        return isDirectory
    }
}
