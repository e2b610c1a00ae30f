internal import CLinux
internal import Glibc
internal import Kernel

/// fs-verity (the kernel's Documentation/filesystems/fsverity.rst): a file never changes again, and what
/// is read of it is checked against digests that were taken now.
enum Verity {
    /// Blocks while the file is read once. Nobody may have it open for writing.
    /// - Returns: whether it is on: most file systems do not have it, or not switched on.
    static func enable(_ path: String) -> Bool {
        guard let file = try? Files.open(path, O_RDONLY | GANTRY_O_NOFOLLOW) else { return false }
        return gantry_enable_verity(file.raw) == 0 || errno == EEXIST
    }
}
