internal import Glibc

/// A file as it is now: when it is replaced or rewritten, its version is another.
public struct FileVersion: Hashable, Sendable {
    public let path: String
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let changed: [Int]

    /// Nil when there is no regular file at `path`. Blocks the thread.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & Glibc.S_IFMT == Glibc.S_IFREG else {
            return nil
        }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
        size = status.st_size
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
