internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// Opens a log, making its directories. What is below the pod's log directory is not trusted: no
/// symbolic link is followed there, and nothing but a regular file is opened.
enum LogLocation {
    /// - Throws: `SystemError`: `ELOOP` for a symbolic link, `EINVAL` for what is no regular file,
    ///   `EMLINK` for one with more names than this.
    static func open(_ log: LogPath) throws(SystemError) -> Descriptor {
        // As the kubelet makes them.
        try Files.makeDirectories(log.directory.isEmpty ? "/" : log.directory, mode: 0o755)
        let root = try Files.open(
            log.directory.isEmpty ? "/" : log.directory, GANTRY_O_PATH | GANTRY_O_DIRECTORY)
        try makeParents(of: log, in: root.raw)
        // What is removed or made meanwhile is looked for once more.
        for _ in 0..<8 {
            if let file = try existing(log, in: root.raw) { return file }
            if let file = try new(log, in: root.raw) { return file }
        }
        throw SystemError("open", log.path, errno: EAGAIN)
    }

    private static let resolve =
        GANTRY_RESOLVE_BENEATH | GANTRY_RESOLVE_NO_SYMLINKS | GANTRY_RESOLVE_NO_MAGICLINKS

    private static func beneath(_ name: String, _ flags: Int32, in root: Int32) -> Int32 {
        let creates = flags & O_CREAT != 0
        // Log collectors of root's group may read it.
        return gantry_openat2(root, name, UInt64(flags), creates ? 0o640 : 0, resolve)
    }

    private static func makeParents(of log: LogPath, in root: Int32) throws(SystemError) {
        var path = ""
        for component in log.name.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
            let name = String(decoding: component, as: UTF8.self)
            let parent = try syscall("open", log.path) {
                beneath(path.isEmpty ? "." : path, GANTRY_O_PATH | GANTRY_O_DIRECTORY, in: root)
            }
            let owner = Descriptor(owning: parent)
            let result = mkdirat(owner.raw, name, 0o755)
            if result != 0 && errno != EEXIST { throw SystemError("mkdir", log.path, errno: errno) }
            path += path.isEmpty ? name : "/\(name)"
        }
    }

    /// Looks at what is there before it is opened: opening a device may do something, and opening a
    /// FIFO would wait.
    private static func existing(_ log: LogPath, in root: Int32) throws(SystemError) -> Descriptor?
    {
        let number = beneath(log.name, GANTRY_O_PATH | O_NOFOLLOW, in: root)
        if number < 0 && errno == ENOENT { return nil }
        guard number >= 0 else { throw SystemError("open", log.path, errno: errno) }
        let found = Descriptor(owning: number)
        var status = stat()
        try syscall("fstat", log.path) { fstat(found.raw, &status) }
        switch status.st_mode & Glibc.S_IFMT {
        case Glibc.S_IFREG where status.st_nlink == 1: break
        // It has another name, perhaps outside of the directory: whoever made it may be after that.
        case Glibc.S_IFREG: throw SystemError("hard link: open", log.path, errno: EMLINK)
        case Glibc.S_IFLNK: throw SystemError("open", log.path, errno: ELOOP)
        default: throw SystemError("no regular file: open", log.path, errno: EINVAL)
        }
        return try Files.open("/proc/self/fd/\(found.raw)", O_WRONLY | O_APPEND | O_NONBLOCK)
    }

    private static func new(_ log: LogPath, in root: Int32) throws(SystemError) -> Descriptor? {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOCTTY
        let number = beneath(log.name, flags, in: root)
        if number < 0 && errno == EEXIST { return nil }
        guard number >= 0 else { throw SystemError("open", log.path, errno: errno) }
        return Descriptor(owning: number)
    }
}
