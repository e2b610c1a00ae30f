internal import CArchive
internal import CLinux
internal import Glibc
internal import Kernel
internal import Text

/// What an entry says of its file besides the content.
struct Attributes {
    var owner: uid_t
    var group: gid_t
    /// The permission bits, set-user-ID, set-group-ID and sticky included.
    var mode: mode_t
    var modified: timespec
    /// Only those that a layer may set; see `isAllowed`.
    var extended: [(name: String, value: [UInt8])] = []

    init(owner: uid_t, group: gid_t, mode: mode_t, modified: timespec) {
        self.owner = owner
        self.group = group
        self.mode = mode
        self.modified = modified
    }

    init(_ entry: OpaquePointer) {
        owner = uid_t(truncatingIfNeeded: archive_entry_uid(entry))
        group = gid_t(truncatingIfNeeded: archive_entry_gid(entry))
        mode = archive_entry_perm(entry) & 0o7777
        modified = timespec(
            tv_sec: archive_entry_mtime(entry), tv_nsec: Int(archive_entry_mtime_nsec(entry)))
        readExtended(entry)
    }

    private mutating func readExtended(_ entry: OpaquePointer) {
        archive_entry_xattr_reset(entry)
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name, Self.isAllowed(String(cString: name)) else { continue }
            let bytes = UnsafeRawBufferPointer(start: value, count: size)
            extended.append((String(cString: name), Array(bytes)))
        }
    }

    /// A layer is data from outside: of the kernel's namespaces it gets `user.` and file
    /// capabilities. `trusted.overlay.` and `user.overlay.` would let it command the mount itself,
    /// and `security.selinux` belongs to the node's policy.
    static func isAllowed(_ name: String) -> Bool {
        name == "security.capability"
            || (name.begins(with: "user.") && !name.begins(with: "user.overlay."))
    }
}

/// Who may set what: a layer for containers needs root, a test must not.
public enum Privileges: Sendable {
    /// Owners, devices, file capabilities and `trusted.overlay.opaque`, as overlay wants them.
    case root
    /// Nothing of it: files belong to the caller, devices other than whiteouts become empty files,
    /// and opaque directories are marked with `user.overlay.opaque` (overlay's `userxattr`).
    case none

    var opaqueAttribute: String {
        self == .root ? "trusted.overlay.opaque" : "user.overlay.opaque"
    }
}

/// A file whose attributes are to be set: by descriptor, or by name in an open directory.
struct AttributeWriter {
    let privileges: Privileges

    /// An open file or directory. Owner first: chown(2) clears set-user-ID and file capabilities.
    /// - Parameter given: what it has already, since it was created here.
    func apply(
        _ attributes: Attributes, to file: Int32, _ name: EntryName, given: NewFile? = nil
    ) throws {
        if privileges == .root, given?.hasOwner(of: attributes) != true {
            try syscall("fchown", name.description) {
                fchown(file, attributes.owner, attributes.group)
            }
        }
        if !attributes.extended.isEmpty { try set(attributes.extended, of: file, name) }
        if given?.hasMode(of: attributes) != true {
            try syscall("fchmod", name.description) { fchmod(file, attributes.mode) }
        }
        var times = [attributes.modified, attributes.modified]
        try syscall("futimens", name.description) { futimens(file, &times) }
    }

    /// A symbolic link, a device or a fifo, none of which may be opened. A link has no mode.
    func apply(
        _ attributes: Attributes, to leaf: [CChar], in parent: Int32, isLink: Bool,
        _ name: EntryName, given: NewFile? = nil
    ) throws {
        let flags = AT_SYMLINK_NOFOLLOW
        if privileges == .root, given?.hasOwner(of: attributes) != true {
            try syscall("fchownat", name.description) {
                fchownat(parent, leaf, attributes.owner, attributes.group, flags)
            }
        }
        if !isLink {
            try syscall("fchmodat", name.description) {
                fchmodat(parent, leaf, attributes.mode, 0)
            }
        }
        var times = [attributes.modified, attributes.modified]
        try syscall("utimensat", name.description) { utimensat(parent, leaf, &times, flags) }
    }

    private func set(
        _ extended: [(name: String, value: [UInt8])], of file: Int32, _ name: EntryName
    ) throws {
        for (key, value) in extended where privileges == .root || key.begins(with: "user.") {
            if fsetxattr(file, key, value, value.count, 0) == 0 { continue }
            // A file system without them is the node's choice, and all runtimes go on.
            let number = errno
            if number != ENOTSUP {
                throw SystemError("fsetxattr \(key)", name.description, errno: number)
            }
        }
    }

    func markOpaque(_ directory: Int32, _ name: EntryName) throws {
        let key = privileges.opaqueAttribute
        try syscall("setxattr \(key)", name.description) {
            setxattr("/proc/self/fd/\(directory)", key, "y", 1, 0)
        }
    }
}
