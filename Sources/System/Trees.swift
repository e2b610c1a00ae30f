internal import CLinux
internal import Glibc
internal import Kernel

/// Removing directories with all that is in them.
public enum Trees {
    /// Removes `path` and everything below it; nothing there is no error. Symbolic links are removed
    /// and never followed, and a mount below it makes the call fail rather than empty what is
    /// mounted.
    public static func remove(_ path: String) async throws {
        try await Blocking.run {
            let above = Path.parent(of: path)
            guard Files.exists(above) else { return }
            let parent = try Files.open(above, GANTRY_O_PATH | GANTRY_O_DIRECTORY)
            try remove(Path.lastComponent(of: path), in: parent, path)
        }
    }

    private static func remove(
        _ name: String, in parent: borrowing Descriptor, _ path: String
    ) throws(SystemError) {
        let directory = parent.raw
        if unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else {
            throw SystemError("unlink", path, errno: errno)
        }
        let flags = UInt64(GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW)
        let opened = try syscall("open", path) {
            gantry_openat2(directory, name, flags, 0, GANTRY_RESOLVE_NO_XDEV)
        }
        let inner = Descriptor(owning: opened)
        for child in try Files.list("/proc/self/fd/\(opened)") {
            try remove(child, in: inner, "\(path)/\(child)")
        }
        try syscall("rmdir", path) { unlinkat(directory, name, AT_REMOVEDIR) }
    }
}
