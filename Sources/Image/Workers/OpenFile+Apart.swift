internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import Kernel

extension OpenFile {
    /// A directory for another process, which gets nowhere from it but further down: it is the root of
    /// a mount that is attached nowhere. Blocks.
    ///
    /// Without the privilege to mount, as in tests, and on kernels before 5.12 it is the plain directory.
    convenience init(apart path: String, isReadOnly: Bool) throws(SystemError) {
        let tree = gantry_open_apart(path, isReadOnly ? 1 : 0)
        let error = errno
        if tree >= 0 {
            self.init(Descriptor(owning: tree))
        } else if [EPERM, ENOSYS, EINVAL].contains(error) {
            self.init(try Files.open(path, GANTRY_O_PATH | GANTRY_O_DIRECTORY))
        } else {
            throw SystemError("open_tree", path, errno: error)
        }
    }
}
