internal import CLinux
internal import Glibc
internal import Kernel

/// A layer's directory as overlay sees it, for one question: what does it say of a directory.
final class Inheritance {
    enum Answer: ~Copyable {
        /// It has the directory; `isCut` when a directory above it is opaque.
        case directory(Descriptor, isCut: Bool)
        /// It says that nothing of that name comes from further below.
        case hidden
        case absent
    }

    private let root: Descriptor
    private let privileges: Privileges

    init(_ path: String, _ privileges: Privileges) throws {
        root = try Files.open(path, O_RDONLY | GANTRY_O_DIRECTORY)
        self.privileges = privileges
    }

    func look(for name: EntryName) throws -> Answer {
        var directory = try root.duplicate()
        var isCut = false
        for component in name.components {
            isCut = isCut || isOpaque(directory.raw)
            guard let there = try Existing(component, in: directory.raw) else {
                return isCut ? .hidden : .absent
            }
            guard there.isDirectory else { return .hidden }
            let raw = directory.raw
            let flags = O_RDONLY | GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW
            directory = Descriptor(
                owning: try syscall("open", name.description) {
                    gantry_openat(raw, component, flags, 0)
                })
        }
        return .directory(directory, isCut: isCut)
    }

    private func isOpaque(_ directory: Int32) -> Bool {
        var value: UInt8 = 0
        return fgetxattr(directory, privileges.opaqueAttribute, &value, 1) == 1
            && value == UInt8(ascii: "y")
    }

    func copyAttributes(from source: Int32, to target: Int32, _ name: EntryName) throws {
        var status = stat()
        try syscall("fstat", name.description) { fstat(source, &status) }
        var attributes = Attributes(
            owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777,
            modified: status.st_mtim)
        attributes.extended = try extended(of: source, name)
        try AttributeWriter(privileges: privileges).apply(attributes, to: target, name)
    }

    /// What containers expect of a directory nobody described: root's, and 0755.
    func setDefaults(_ target: Int32, _ name: EntryName) throws {
        try syscall("fchmod", name.description) { fchmod(target, 0o755) }
    }

    private func extended(
        of file: Int32, _ name: EntryName
    ) throws -> [(name: String, value: [UInt8])] {
        // XATTR_LIST_MAX and XATTR_SIZE_MAX (xattr(7)).
        var list = [UInt8](repeating: 0, count: 65536)
        let length = flistxattr(file, &list, list.count)
        guard length > 0 else { return [] }
        let names = list[..<length].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        var value = [UInt8](repeating: 0, count: 65536)
        return names.filter(Attributes.isAllowed).compactMap { key in
            let count = fgetxattr(file, key, &value, value.count)
            return count < 0 ? nil : (key, Array(value[..<count]))
        }
    }
}
