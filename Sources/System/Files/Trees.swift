internal import CLinux
internal import Glibc
public import Kernel

/// Removing directories with all that is in them.
public enum Trees {
    /// Removes `path` and everything below it; nothing there is no error. Symbolic links are removed
    /// and never followed, and a mount below it makes the call fail rather than empty what is
    /// mounted.
    public static func remove(_ path: String) async throws {
        try await Blocking.run { try removeNow(path) }
    }

    /// The same on the calling thread: for code that is off the concurrency pool already.
    public static func removeNow(_ path: String) throws(SystemError) {
        let above = Path.parent(of: path)
        guard Files.exists(above) else { return }
        let parent = try Files.open(above, GANTRY_O_PATH | GANTRY_O_DIRECTORY)
        try removeNow(Array(Path.lastComponent(of: path).utf8CString), in: parent.raw)
    }

    /// Removes one name of a directory that is open.
    /// - Parameter name: bytes that end in a zero, since a file's name need not be UTF-8.
    public static func removeNow(_ name: [CChar], in directory: Int32) throws(SystemError) {
        if try isUnlinked(name, in: directory) { return }
        let flags = UInt64(GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW)
        let inner = Descriptor(
            owning: try syscall("open", readable(name)) {
                gantry_openat2(directory, name, flags, 0, GANTRY_RESOLVE_NO_XDEV)
            })
        var walk = try TreeWalk(inner, acrossMounts: false, removes: true)
        while let step = try walk.next() {
            switch step {
            case .entry(let child):
                if try !isUnlinked(child, in: walk.directory) { try walk.enter(child) }
            case .left(let child): try removeEmpty(child, in: walk.directory)
            }
        }
        try removeEmpty(name, in: directory)
    }

    /// False for a directory, which unlink(2) refuses.
    private static func isUnlinked(
        _ name: [CChar], in directory: Int32
    ) throws(SystemError) -> Bool {
        if unlink(name, in: directory, 0) || errno == ENOENT { return true }
        if errno == EISDIR || errno == EPERM { return false }
        throw SystemError("unlink", readable(name), errno: errno)
    }

    private static func removeEmpty(_ name: [CChar], in directory: Int32) throws(SystemError) {
        guard unlink(name, in: directory, AT_REMOVEDIR) else {
            throw SystemError("rmdir", readable(name), errno: errno)
        }
    }

    /// Whoever runs with CAP_LINUX_IMMUTABLE may have made a file immutable, or the directory that it is in.
    private static func unlink(_ name: [CChar], in directory: Int32, _ flags: Int32) -> Bool {
        if unlinkat(directory, name, flags) == 0 { return true }
        guard errno == EPERM else { return false }
        gantry_unprotect(directory, name)
        gantry_unprotect(directory, ".")
        return unlinkat(directory, name, flags) == 0
    }

    /// A name for people; what is not UTF-8 in it is replaced.
    public static func readable(_ name: [CChar]) -> String {
        name.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}
