internal import CLinux
package import Glibc
package import Kernel

/// An open directory in which names of an image are resolved as in a container whose root it is:
/// symbolic links and `..` end at this root, and `/proc`'s magic links are refused.
package struct TreeRoot: ~Copyable {
    package let descriptor: Descriptor

    package init(_ path: String) throws(SystemError) {
        descriptor = try Files.open(path, GANTRY_O_PATH | GANTRY_O_DIRECTORY)
    }

    package init(owning directory: consuming Descriptor) {
        descriptor = directory
    }

    /// Opens `name`; nil when there is nothing of that name and of the kind that `flags` ask for.
    package func open(_ name: EntryName, _ flags: Int32) throws(SystemError) -> Descriptor? {
        let resolve = GANTRY_RESOLVE_IN_ROOT | GANTRY_RESOLVE_NO_MAGICLINKS
        let root = descriptor.raw
        while true {
            let result = gantry_openat2(root, name.bytes, UInt64(flags), 0, resolve)
            if result >= 0 { return Descriptor(owning: result) }
            switch errno {
            case ENOENT, ENOTDIR, ELOOP: return nil
            // A rename anywhere on the machine while the kernel walked a `..` (openat2(2)).
            case EAGAIN, EINTR: continue
            default: throw SystemError("openat2", name.description, errno: errno)
            }
        }
    }
}

/// What stands under a name of an open directory, links not followed.
package struct Existing {
    package let status: stat

    package init?(_ leaf: [CChar], in directory: Int32) throws(SystemError) {
        var status = stat()
        if fstatat(directory, leaf, &status, AT_SYMLINK_NOFOLLOW) != 0 {
            if errno == ENOENT { return nil }
            throw SystemError("fstatat", errno: errno)
        }
        self.status = status
    }

    private var type: mode_t { status.st_mode & S_IFMT }
    package var isDirectory: Bool { type == S_IFDIR }
    package var isSymbolicLink: Bool { type == S_IFLNK }
    /// A character device 0/0, with which overlay says that a name of the layers below is gone.
    package var isWhiteout: Bool { type == S_IFCHR && status.st_rdev == 0 }
}

/// What the symbolic link `name`, whose directory is open, says.
package func readLink(
    _ name: EntryName, in directory: Int32
) throws(SystemError) -> ArraySlice<CChar> {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try syscall("readlink", name.description) {
        readlinkat(directory, name.leaf, &target, target.count)
    }
    return target[..<count]
}
