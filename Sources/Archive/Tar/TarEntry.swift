internal import Glibc
internal import ImageTree
internal import Model

/// One member of a layer's tar, checked for what a file system can hold.
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
    /// Of the file's content; what is not in it are holes.
    let size: UInt64

    /// Nil for what is no file: the name of a GNU volume.
    init?(_ header: TarHeader) throws {
        if header.type == UInt8(ascii: "V") { return nil }
        name = try Self.name(header.name)
        kind = try Self.kind(of: header, name)
        attributes = try Attributes(header, name)
        size = header.size
    }

    /// PATH_MAX counts the zero at the end.
    private static func name(_ bytes: [UInt8]) throws -> EntryName {
        guard bytes.count < Int(PATH_MAX) else {
            throw GantryError(.invalidArgument, "a tar entry's name of \(bytes.count) bytes")
        }
        return EntryName(bytes.map(CChar.init(bitPattern:)))
    }

    private static func kind(of header: TarHeader, _ name: EntryName) throws -> Kind {
        switch header.type {
        // Contiguous files, `7`, are files where the difference means nothing (POSIX pax).
        case UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S"): return .file
        case UInt8(ascii: "1"): return .hardLink(target: try Self.name(header.link))
        case UInt8(ascii: "2"): return try symbolicLink(header.link, name)
        case UInt8(ascii: "3"): return try node(S_IFCHR, header, name)
        case UInt8(ascii: "4"): return try node(S_IFBLK, header, name)
        case UInt8(ascii: "5"): return .directory
        case UInt8(ascii: "6"): return .node(mode: S_IFIFO, major: 0, minor: 0)
        default:
            throw GantryError(
                .invalidArgument,
                "\(name): an entry of the unknown type \(UnicodeScalar(header.type).debugDescription)"
            )
        }
    }

    private static func symbolicLink(_ target: [UInt8], _ name: EntryName) throws -> Kind {
        guard (1..<Int(PATH_MAX)).contains(target.count) else {
            throw GantryError(
                .invalidArgument, "\(name): a symbolic link to a name of \(target.count) bytes")
        }
        return .symbolicLink(target: target.map(CChar.init(bitPattern:)) + [0])
    }

    /// The kernel has 12 bits for the major number and 20 for the minor, and cuts what is more.
    private static func node(_ type: mode_t, _ header: TarHeader, _ name: EntryName) throws -> Kind
    {
        guard (0..<(1 << 12)).contains(header.major), (0..<(1 << 20)).contains(header.minor) else {
            throw GantryError(
                .invalidArgument, "\(name): a device \(header.major):\(header.minor)")
        }
        return .node(mode: type, major: UInt32(header.major), minor: UInt32(header.minor))
    }
}
