internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Text

/// What an entry says of its file besides the content.
struct Attributes {
    var owner: uid_t
    var group: gid_t
    /// The permission bits, set-user-ID, set-group-ID and sticky included.
    var mode: mode_t
    var modified: timespec
    /// Only those that a layer may set.
    var extended: [ExtendedAttribute] = []

    init(owner: uid_t, group: gid_t, mode: mode_t, modified: timespec) {
        self.owner = owner
        self.group = group
        self.mode = mode
        self.modified = modified
    }

    /// - Throws: `GantryError` (`invalidArgument`) for what no file can have.
    init(_ header: TarHeader, _ name: EntryName) throws {
        owner = try Self.id(header.owner, name)
        group = try Self.id(header.group, name)
        mode = mode_t(header.mode & 0o7777)
        modified = timespec(
            tv_sec: Int(header.modified.seconds), tv_nsec: header.modified.nanoseconds)
        for (key, value) in header.extended {
            let key = ExtendedAttribute.Name(key)
            guard key.isAllowed else { continue }
            guard value.count <= ExtendedAttribute.largest else {
                throw GantryError(
                    .invalidArgument,
                    "\(name): \(key) of \(value.count) bytes, \(ExtendedAttribute.largest) are the most"
                )
            }
            extended.append(ExtendedAttribute(name: key, value: value))
        }
    }

    /// The kernel would cut a larger number, and take 2^32-1 for "as it is" (chown(2)).
    private static func id(_ number: Int64, _ name: EntryName) throws -> UInt32 {
        guard let id = UInt32(exactly: number), id != .max else {
            throw GantryError(.invalidArgument, "\(name): \(number) is no user's or group's ID")
        }
        return id
    }
}

/// An extended attribute (xattr(7)).
struct ExtendedAttribute {
    /// XATTR_SIZE_MAX.
    static let largest = 65536

    /// Bytes, which need not be UTF-8.
    struct Name: CustomStringConvertible {
        /// Ends in a zero.
        let bytes: [CChar]
        private let text: String

        init(_ name: [UInt8]) {
            bytes = name.map(CChar.init(bitPattern:)) + [0]
            text = String(decoding: name, as: UTF8.self)
        }

        var description: String { text }
        var isUsers: Bool { text.begins(with: "user.") }

        /// A layer is data from outside: of the kernel's namespaces it gets `user.` and file
        /// capabilities. `trusted.overlay.` and `user.overlay.` would let it command the mount itself,
        /// and `security.selinux` belongs to the node's policy.
        var isAllowed: Bool {
            text == "security.capability"
                || (isUsers && !text.begins(with: "user.overlay."))
        }
    }

    let name: Name
    let value: [UInt8]
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

    func set(_ extended: [ExtendedAttribute], of file: Int32, _ name: EntryName) throws {
        for one in extended where privileges == .root || one.name.isUsers {
            if fsetxattr(file, one.name.bytes, one.value, one.value.count, 0) == 0 { continue }
            // A file system without them is the node's choice, and all runtimes go on.
            let number = errno
            if number != ENOTSUP {
                throw SystemError("fsetxattr \(one.name)", name.description, errno: number)
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
