package import CLinux
internal import Glibc
package import Kernel

/// What a file has as soon as it is created in a layer's directory, so that it need not be set once
/// more: most files of images belong to root and have an ordinary mode.
///
/// Owner, group and mode depend on the caller, the umask, default ACLs, the directory's set-group-ID
/// bit and mount options. One file is made and looked at, which knows all of these. The directories
/// that a layer brings are created without a set-group-ID bit, and get theirs at its end.
package struct NewFile {
    private let owner: uid_t
    private let group: gid_t
    /// Permission bits that a new file may have.
    private let allowed: mode_t

    /// The mode to create a file with: its own, since nobody but root reaches it before it is whole.
    /// Extended attributes may want one that can be written (xattr(7)).
    package static func mode(of attributes: Attributes) -> mode_t {
        attributes.extended.isEmpty ? attributes.mode & 0o777 : 0o600
    }

    /// Makes the file in an open directory, and removes it.
    package init(in directory: Int32) throws(SystemError) {
        let name = ".gantry-new-file"
        let file = Descriptor(
            owning: try syscall("create", name) {
                gantry_openat(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0o777)
            })
        try syscall("unlink", name) { unlinkat(directory, name, 0) }
        var status = stat()
        try syscall("fstat", name) { fstat(file.raw, &status) }
        (owner, group, allowed) = (status.st_uid, status.st_gid, status.st_mode & 0o777)
    }

    package func hasOwner(of attributes: Attributes) -> Bool {
        owner == attributes.owner && group == attributes.group
    }

    /// Set-user-ID and its like are set last, since chown(2) and write(2) clear them.
    package func hasMode(of attributes: Attributes) -> Bool {
        attributes.extended.isEmpty && attributes.mode & ~allowed == 0
    }
}
