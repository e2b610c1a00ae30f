internal import CLinux
internal import Glibc

/// Files of a container, read from outside of it.
extension Files {
    /// Reads a regular file below `root`; see `openRegular`.
    /// - Throws: `SystemError`; `EINVAL` when it is no regular file, `EFBIG` past `limit` bytes.
    public static func read(
        _ path: String, inRoot root: String, limit: Int
    ) throws(SystemError) -> [UInt8] {
        let file = try openRegular(path, inRoot: root)
        return try readToEnd(file, path, limit: limit)
    }

    /// Opens a regular file below `root` for reading, resolved as a process whose root directory that
    /// is would see it: no symbolic link in it leads outside (openat2(2), `RESOLVE_IN_ROOT`).
    /// - Throws: `SystemError`; `EINVAL` when it is no regular file.
    public static func openRegular(
        _ path: String, inRoot root: String
    ) throws(SystemError) -> Descriptor {
        let directory = try open(root, GANTRY_O_PATH | GANTRY_O_DIRECTORY)
        let number = directory.raw
        let place = Descriptor(
            owning: try syscall("openat2", path) {
                gantry_openat2(
                    number, path, UInt64(GANTRY_O_PATH), 0,
                    GANTRY_RESOLVE_IN_ROOT | GANTRY_RESOLVE_NO_MAGICLINKS)
            })
        return try reopenRegular(place, path)
    }

    /// A path as the kernel remembers it, without asking its file system (`O_PATH`).
    /// - Throws: `SystemError`; `EAGAIN` where it does not.
    public static func openRemembered(_ path: String) throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try syscall("openat2", path) {
                gantry_openat2(
                    AT_FDCWD, path, UInt64(GANTRY_O_PATH), 0, GANTRY_RESOLVE_CACHED)
            })
    }

    /// Reads a regular file that somebody else has named.
    /// - Throws: `SystemError`; `EINVAL` when it is no regular file, `EFBIG` past `limit` bytes.
    public static func readRegular(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try reopenRegular(try open(path, GANTRY_O_PATH), path)
        return try readToEnd(file, path, limit: limit)
    }

    /// Opens for reading what `place` stands for (`O_PATH`), if it is a regular file. Anything else is
    /// left alone: to open a device is to use it, and a FIFO would hold us.
    /// - Throws: `SystemError`; `EINVAL` when it is no regular file.
    public static func reopenRegular(
        _ place: borrowing Descriptor, _ name: String
    ) throws(SystemError) -> Descriptor {
        _ = try size(of: place, name)
        let link = Files.path(of: place.raw)
        return Descriptor(
            owning: try syscall("open", name) { gantry_open(link, O_RDONLY | O_NOCTTY, 0) })
    }

    /// How many bytes an open file has.
    /// - Throws: `SystemError`; `EINVAL` when it is no regular file.
    public static func size(
        of file: borrowing Descriptor, _ name: String
    ) throws(SystemError) -> Int {
        var status = stat()
        let number = file.raw
        try syscall("fstat", name) { fstat(number, &status) }
        guard status.st_mode & Glibc.S_IFMT == Glibc.S_IFREG else {
            throw SystemError("read", name, errno: EINVAL)
        }
        return status.st_size
    }
}
