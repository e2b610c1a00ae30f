internal import Glibc
internal import CLinux
internal import Kernel

extension AttributeWriter {
    /// Gives one open directory what another has.
    package func copy(from source: Int32, to target: Int32, _ name: EntryName) throws {
        var status = stat()
        try syscall("fstat", name.description) { fstat(source, &status) }
        var attributes = Attributes(
            owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777,
            modified: status.st_mtim)
        attributes.extended = extended(of: source)
        try apply(attributes, to: target, name)
    }

    private func extended(of file: Int32) -> [ExtendedAttribute] {
        // XATTR_LIST_MAX (xattr(7)).
        var list = [UInt8](repeating: 0, count: 65536)
        let length = flistxattr(file, &list, list.count)
        guard length > 0 else { return [] }
        let names = list[..<length].split(separator: 0).map { ExtendedAttribute.Name(Array($0)) }
        var value = [UInt8](repeating: 0, count: ExtendedAttribute.largest)
        return names.filter(\.isAllowed).compactMap { name in
            let count = fgetxattr(file, name.bytes, &value, value.count)
            return count < 0 ? nil : ExtendedAttribute(name: name, value: Array(value[..<count]))
        }
    }
}
