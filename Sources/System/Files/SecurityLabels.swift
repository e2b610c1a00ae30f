internal import CLinux
internal import Glibc
internal import Kernel
internal import Text

/// SELinux labels of files.
public enum SecurityLabels {
    /// Whether the kernel has a policy: without one there is one context, and that is `kernel`
    /// (initial_sid_to_string.h).
    public static var areUsed: Bool {
        guard Files.exists("/sys/fs/selinux/enforce"),
            let own = try? Files.readText("/proc/self/attr/current")
        else { return false }
        return own.has(":")
    }

    /// The label that a file has, or gets from the policy; nil where there are none.
    public static func label(of path: String) -> String? {
        guard areUsed else { return nil }
        // A page is the most that an attribute of procfs takes, and so of a label.
        var value = [UInt8](repeating: 0, count: 4096)
        let length = lgetxattr(path, "security.selinux", &value, value.count)
        return length > 0
            ? String(decoding: value.prefix(length).prefix { $0 != 0 }, as: UTF8.self) : nil
    }

    /// Labels a file, or a directory with all in it. Symbolic links get labels and are never
    /// followed. A file system without labels, such as most that are elsewhere, is left alone with all
    /// that is on it.
    public static func set(_ label: String, on path: String) async throws {
        try await Blocking.run { try set("security.selinux", label, on: path) }
    }

    static func set(_ attribute: String, _ label: String, on path: String) throws(SystemError) {
        let label = Array(label.utf8CString)
        guard try set(attribute, label, Array(path.utf8CString)), let root = try directory(path)
        else { return }
        var walk = try TreeWalk(root)
        while let step = try walk.next() {
            guard case .entry(let name) = step else { continue }
            // There is no lsetxattrat(2): the open directory is named by its descriptor.
            let above = Array("/proc/self/fd/\(walk.directory)/".utf8CString.dropLast())
            guard try set(attribute, label, above + name) else { continue }
            do throws(SystemError) {
                try walk.enter(name)
            } catch {
                guard isNoDirectory(error.errno) else { throw error }
            }
        }
    }

    /// - Returns: false where there are no labels, or nothing is there any more.
    private static func set(
        _ attribute: String, _ label: [CChar], _ path: [CChar]
    ) throws(SystemError) -> Bool {
        if lsetxattr(path, attribute, label, label.count, 0) == 0 { return true }
        if errno == ENOTSUP || errno == ENOENT { return false }
        throw SystemError("lsetxattr", Trees.readable(path), errno: errno)
    }

    private static func directory(_ path: String) throws(SystemError) -> Descriptor? {
        do throws(SystemError) {
            return try Files.open(path, GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW)
        } catch {
            guard isNoDirectory(error.errno) else { throw error }
            return nil
        }
    }

    private static func isNoDirectory(_ error: Int32) -> Bool {
        error == ENOTDIR || error == ELOOP || error == ENOENT
    }
}
