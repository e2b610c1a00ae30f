internal import FoundationEssentials
internal import Glibc
internal import Kernel
internal import Model
internal import Text

/// What a tar has besides the content of its files (github.com/vbatts/tar-split, tar/storage): lines of
/// JSON, each a piece of the tar itself (type 2) or the name of a file whose content comes here (type 1).
struct TarSplit {
    private let text: [UInt8]

    init(_ text: [UInt8]) {
        self.text = text
    }

    private struct Entry: Decodable {
        let type: Int
        let name: String?
        let nameRaw: Data?
        let size: Int64?
        let payload: Data?

        enum CodingKeys: String, CodingKey {
            case type, name, size, payload
            case nameRaw = "name_raw"
        }
    }

    /// Puts the tar together. Blocks.
    /// - Throws: `GantryError` (`dataLoss`) when the lines are none, `SystemError` for a file that is
    ///   missing or shorter than it was.
    func write(filesOf directory: String, to path: String) throws {
        let output = try Files.open(path, O_WRONLY | O_CREAT | O_EXCL)
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let entry = try Self.entry(line)
            switch entry.type {
            case 2: try ForeignFile.write(Array(entry.payload ?? Data())[...], to: output)
            case 1:
                let size = entry.size ?? 0
                if size > 0 { try append(entry, size, of: directory, to: output) }
            default: throw GantryError(.dataLoss, "tar-split: an entry of type \(entry.type)")
            }
        }
    }

    private static func entry(_ line: ArraySlice<UInt8>) throws -> Entry {
        do {
            return try JSONDecoder().decode(Entry.self, from: Data(line))
        } catch {
            throw GantryError(.dataLoss, "tar-split: a line cannot be read", cause: error)
        }
    }

    private func append(
        _ entry: Entry, _ size: Int64, of directory: String, to output: borrowing Descriptor
    ) throws {
        let name = entry.nameRaw.map { String(decoding: $0, as: UTF8.self) } ?? entry.name ?? ""
        // A layer may have links, and none of them leads out of it.
        let file = try Files.openRegular(name, inRoot: directory)
        try ForeignFile.append(file, to: output, bytes: Int(size), "\(directory)/\(name)")
    }
}
