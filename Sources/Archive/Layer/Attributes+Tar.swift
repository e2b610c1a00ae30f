internal import CLinux
internal import Glibc
internal import ImageTree
internal import Model

extension Attributes {
    /// - Throws: `GantryError` (`invalidArgument`) for what no file can have.
    init(_ header: TarHeader, _ name: EntryName) throws {
        self.init(
            owner: try Self.id(header.owner, name), group: try Self.id(header.group, name),
            mode: mode_t(header.mode & 0o7777),
            modified: timespec(
                tv_sec: Int(header.modified.seconds), tv_nsec: header.modified.nanoseconds))
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
