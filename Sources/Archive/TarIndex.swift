internal import CArchive
internal import Glibc
public import Model
internal import Text

/// Where the files of a tar stand in it, so that they are read there and never extracted.
public struct TarIndex: Sendable {
    private var files: [String: FilePart] = [:]
    private var links: [String: String] = [:]

    /// An archive of images has a few files a layer.
    private static let mostEntries = 100_000
    private static let mostLinks = 40

    /// Reads the headers alone. Blocks.
    /// - Parameter tar: the whole of a file that is not compressed.
    /// - Throws: `GantryError`: `dataLoss` for what is no tar, or not the whole of one;
    ///   `invalidArgument` for names that lead out of it.
    public init(_ tar: FilePart) throws {
        let headers = try TarHeaders(tar)
        while let (entry, start) = try headers.next() { try add(entry, at: start, of: tar) }
    }

    /// The file of that name; symbolic and hard links of the archive are followed.
    /// - Throws: `GantryError` (`invalidArgument`) for names and links that lead out of it.
    public func file(_ name: String) throws(GantryError) -> FilePart? {
        var name = try Self.inner(name)
        for _ in 0...Self.mostLinks {
            if let found = files[name] { return found }
            guard let target = links[name] else { return nil }
            name = target
        }
        throw GantryError(.invalidArgument, "\(name): too many symbolic links")
    }

    private mutating func add(
        _ entry: OpaquePointer, at start: UInt64, of tar: FilePart
    ) throws {
        guard files.count + links.count < Self.mostEntries else {
            throw GantryError(
                .resourceExhausted, "\(tar.name) has more than \(Self.mostEntries) files")
        }
        guard let raw = archive_entry_pathname(entry) else {
            throw GantryError(.invalidArgument, "\(tar.name) has a name that cannot be read")
        }
        let name = try Self.inner(String(cString: raw))
        // Of entries with one name the last counts.
        (files[name], links[name]) = (nil, nil)
        if let target = archive_entry_hardlink(entry) {
            links[name] = try Self.inner(String(cString: target))
        } else if let target = archive_entry_symlink(entry) {
            links[name] = try Self.inner(String(cString: target), from: name)
        } else if archive_entry_filetype(entry) == Glibc.S_IFREG {
            files[name] = try Self.part(entry, name, at: start, of: tar)
        }
    }

    private static func part(
        _ entry: OpaquePointer, _ name: String, at start: UInt64, of tar: FilePart
    ) throws(GantryError) -> FilePart {
        let size = UInt64(clamping: archive_entry_size(entry))
        guard archive_entry_sparse_count(entry) == 0 else {
            throw GantryError(.unimplemented, "\(tar.name): \(name) is a sparse file")
        }
        let (end, overflow) = start.addingReportingOverflow(size)
        guard !overflow, end <= tar.size else {
            throw GantryError(.dataLoss, "\(tar.name) is truncated: it ends within \(name)")
        }
        return tar.part(named: "\(tar.name): \(name)", at: start, size: size)
    }

    /// A name without `.` and `..`, which must not lead out of the archive.
    private static func inner(
        _ text: String, from link: String = ""
    ) throws(GantryError) -> String {
        var components = link.split(at: "/").dropLast()
        for part in text.split(at: "/") where part != "." {
            if part != ".." {
                components.append(part)
            } else if components.popLast() == nil {
                throw GantryError(.invalidArgument, "\"\(text)\" leads out of the archive")
            }
        }
        guard !text.begins(with: "/") else {
            throw GantryError(.invalidArgument, "\"\(text)\" leads out of the archive")
        }
        return components.joined(separator: "/")
    }
}
