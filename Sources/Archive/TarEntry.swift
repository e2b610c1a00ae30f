internal import CArchive
internal import Glibc
internal import Model

/// One entry of a tar, copied out of libarchive's.
struct TarEntry {
    enum Kind: Equatable {
        case directory
        case file
        case symbolicLink(target: [CChar])
        case hardLink(target: EntryName)
        /// `mode` holds the type bits alone: `S_IFCHR`, `S_IFBLK` or `S_IFIFO`.
        case node(mode: mode_t, major: UInt32, minor: UInt32)
    }

    let name: EntryName
    let kind: Kind
    let attributes: Attributes

    init(_ entry: OpaquePointer) throws {
        guard let raw = archive_entry_pathname(entry) else {
            throw GantryError(.invalidArgument, "a tar entry has a name that cannot be read")
        }
        let name = EntryName(Self.bytes(raw))
        self.name = name
        kind = try Self.kind(of: entry, name)
        attributes = Attributes(entry)
    }

    private static func kind(of entry: OpaquePointer, _ name: EntryName) throws -> Kind {
        if let target = archive_entry_hardlink(entry) {
            return .hardLink(target: EntryName(bytes(target)))
        }
        let type = archive_entry_filetype(entry)
        switch type {
        case Glibc.S_IFREG: return .file
        case Glibc.S_IFDIR: return .directory
        case Glibc.S_IFLNK:
            guard let target = archive_entry_symlink(entry) else {
                throw GantryError(.invalidArgument, "\(name): a symbolic link without a target")
            }
            return .symbolicLink(target: Array(bytes(target)) + [0])
        case Glibc.S_IFCHR, Glibc.S_IFBLK, Glibc.S_IFIFO:
            return .node(
                mode: type, major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
                minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry)))
        default:
            throw GantryError(.invalidArgument, "\(name): an entry of unknown type \(type)")
        }
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> UnsafeBufferPointer<CChar> {
        UnsafeBufferPointer(start: text, count: strlen(text))
    }
}
