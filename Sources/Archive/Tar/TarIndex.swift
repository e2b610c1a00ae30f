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
        let parser = TarParser(StoredTar(tar))
        while let header = try Self.next(parser, tar) { try add(header, of: tar) }
    }

    private static func next(_ parser: TarParser, _ tar: FilePart) throws -> TarHeader? {
        do {
            // Nothing at all is a layer, but no archive of images.
            if tar.size == 0 { throw badTar("it is empty") }
            return try parser.next()
        } catch let error as GantryError where error.code == .dataLoss {
            throw GantryError(
                .dataLoss, "\(tar.name) is no tar, or not the whole of one", cause: error)
        }
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

    private mutating func add(_ header: TarHeader, of tar: FilePart) throws {
        guard files.count + links.count < Self.mostEntries else {
            throw GantryError(
                .resourceExhausted, "\(tar.name) has more than \(Self.mostEntries) files")
        }
        let name = try Self.inner(String(decoding: header.name, as: UTF8.self))
        // Of entries with one name the last counts.
        (files[name], links[name]) = (nil, nil)
        let target = String(decoding: header.link, as: UTF8.self)
        switch header.type {
        case UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S"):
            files[name] = try Self.part(header, name, of: tar)
        case UInt8(ascii: "1"): links[name] = try Self.inner(target)
        case UInt8(ascii: "2"): links[name] = try Self.inner(target, from: name)
        default: break
        }
    }

    private static func part(
        _ header: TarHeader, _ name: String, of tar: FilePart
    ) throws(GantryError) -> FilePart {
        guard header.sparse == nil else {
            throw GantryError(.unimplemented, "\(tar.name): \(name) is a sparse file")
        }
        let (end, overflow) = header.start.addingReportingOverflow(header.size)
        guard !overflow, end <= tar.size else {
            throw GantryError(.dataLoss, "\(tar.name) is truncated: it ends within \(name)")
        }
        return tar.part(named: "\(tar.name): \(name)", at: header.start, size: header.size)
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
