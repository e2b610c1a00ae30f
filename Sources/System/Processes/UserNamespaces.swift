internal import CLinux
internal import Glibc
public import Kernel

/// A user namespace that is there for its ID mappings alone: nobody is in it.
public enum UserNamespaces {
    /// Blocks for as long as a fork takes.
    /// - Parameters:
    ///   - uidMap: the lines of `/proc/PID/uid_map` (user_namespaces(7)).
    ///   - gidMap: those of `/proc/PID/gid_map`.
    public static func makeNow(
        uidMap: String, gidMap: String
    ) throws(SystemError) -> Descriptor {
        let child = try syscall("clone") { gantry_clone_user_namespace() }
        defer {
            kill(child, SIGKILL)
            var status: Int32 = 0
            _ = try? syscall("waitpid") { waitpid(child, &status, 0) }
        }
        try Files.write(uidMap, to: "/proc/\(child)/uid_map")
        try Files.write(gidMap, to: "/proc/\(child)/gid_map")
        return try Files.open("/proc/\(child)/ns/user")
    }
}

extension Mounts {
    /// Mounts the directory `source` once more on `target`, with its files' IDs mapped as in
    /// `userNamespace` (mount_setattr(2), MOUNT_ATTR_IDMAP): a file of user 0 is one of the
    /// namespace's user 0.
    public static func mountMappedNow(
        _ source: String, on target: String, userNamespace: borrowing Descriptor
    ) throws(SystemError) {
        let namespace = userNamespace.raw
        try syscall("mount with mapped IDs", source) {
            gantry_mount_mapped(source, target, namespace)
        }
    }
}
