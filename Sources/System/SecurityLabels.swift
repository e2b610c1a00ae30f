internal import CLinux
internal import Glibc
internal import Kernel

/// SELinux labels of files.
public enum SecurityLabels {
    /// Labels a file, or a directory with all in it. Symbolic links get labels and are never
    /// followed; what is on a file system without labels is left alone.
    public static func set(_ label: String, on path: String) async throws {
        try await Blocking.run { try set("security.selinux", label, on: path) }
    }

    static func set(_ attribute: String, _ label: String, on path: String) throws(SystemError) {
        try set(attribute, Array(label.utf8CString), Array(path.utf8CString))
    }

    private static func set(
        _ attribute: String, _ label: [CChar], _ path: [CChar]
    ) throws(SystemError) {
        if lsetxattr(path, attribute, label, label.count, 0) != 0, errno != ENOTSUP {
            if errno == ENOENT { return }
            throw SystemError("lsetxattr", text(path), errno: errno)
        }
        let flags = GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW
        let number = gantry_open(path, flags, 0)
        guard number >= 0 else {
            if [ENOTDIR, ELOOP, ENOENT].contains(errno) { return }
            throw SystemError("open", text(path), errno: errno)
        }
        let directory = Descriptor(owning: number)
        for name in try Trees.children(of: directory) {
            try set(
                attribute, label,
                Array("/proc/self/fd/\(directory.raw)/".utf8CString.dropLast()) + name)
        }
    }

    private static func text(_ path: [CChar]) -> String {
        String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
