package import CLinux
package import Glibc
internal import Kernel
internal import Text

/// What an entry says of its file besides the content.
package struct Attributes {
    package var owner: uid_t
    package var group: gid_t
    /// The permission bits, set-user-ID, set-group-ID and sticky included.
    package var mode: mode_t
    package var modified: timespec
    /// Only those that a layer may set.
    package var extended: [ExtendedAttribute] = []

    package init(owner: uid_t, group: gid_t, mode: mode_t, modified: timespec) {
        self.owner = owner
        self.group = group
        self.mode = mode
        self.modified = modified
    }
}

/// An extended attribute (xattr(7)).
package struct ExtendedAttribute {
    /// XATTR_SIZE_MAX.
    package static let largest = 65536

    /// Bytes, which need not be UTF-8.
    package struct Name: CustomStringConvertible {
        /// Ends in a zero.
        package let bytes: [CChar]
        private let text: String

        package init(_ name: [UInt8]) {
            bytes = name.map(CChar.init(bitPattern:)) + [0]
            text = String(decoding: name, as: UTF8.self)
        }

        package var description: String { text }
        package var isUsers: Bool { text.begins(with: "user.") }

        /// A layer is data from outside: of the kernel's namespaces it gets `user.` and file
        /// capabilities. `trusted.overlay.` and `user.overlay.` would let it command the mount itself,
        /// and `security.selinux` belongs to the node's policy.
        package var isAllowed: Bool {
            text == "security.capability"
                || (isUsers && !text.begins(with: "user.overlay."))
        }
    }

    package let name: Name
    package let value: [UInt8]

    package init(name: Name, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// Who may set what: a layer for containers needs root, a test must not.
public enum Privileges: Sendable {
    /// Owners, devices, file capabilities and `trusted.overlay.opaque`, as overlay wants them.
    case root
    /// Nothing of it: files belong to the caller, devices other than whiteouts become empty files,
    /// and opaque directories are marked with `user.overlay.opaque` (overlay's `userxattr`).
    case none

    package var opaqueAttribute: String { overlayAttribute("opaque") }

    package func overlayAttribute(_ name: String) -> String {
        "\(self == .root ? "trusted" : "user").overlay.\(name)"
    }
}

/// A file whose attributes are to be set: by descriptor, or by name in an open directory.
package struct AttributeWriter {
    package let privileges: Privileges

    package init(privileges: Privileges) {
        self.privileges = privileges
    }

    /// An open file or directory. Owner first: chown(2) clears set-user-ID and file capabilities.
    /// - Parameter given: what it has already, since it was created here.
    package func apply(
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
    package func apply(
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

    package func set(_ extended: [ExtendedAttribute], of file: Int32, _ name: EntryName) throws {
        for one in extended where privileges == .root || one.name.isUsers {
            if fsetxattr(file, one.name.bytes, one.value, one.value.count, 0) == 0 { continue }
            // A file system without them is the node's choice, and all runtimes go on.
            let number = errno
            if number != ENOTSUP {
                throw SystemError("fsetxattr \(one.name)", name.description, errno: number)
            }
        }
    }

    package func markOpaque(_ directory: Int32, _ name: EntryName) throws {
        let key = privileges.opaqueAttribute
        try syscall("setxattr \(key)", name.description) {
            setxattr(Files.path(of: directory), key, "y", 1, 0)
        }
    }
}
