internal import FoundationEssentials
internal import Glibc
internal import Kernel

/// What is on the disk of one layer: `ROOT/layers/HEX`.
struct LayerForms: Hashable, Sendable {
    /// Its files, in `diff`.
    var tree: LayerInfo?
    /// The tar, in `tar`.
    var tar: TarInfo?
    /// The index of the image that this layer is the uppermost of, in `index`.
    var index: IndexInfo?

    init() {}

    init(directory: String) {
        tree = LayerInfo(layer: directory)
        tar = TarInfo(layer: directory)
        index = IndexInfo(layer: directory)
    }

    /// An index alone is of no use.
    var isEmpty: Bool { tree == nil && tar == nil }

    /// Whether all is there that another has.
    func contains(_ other: LayerForms) -> Bool {
        (other.tree == nil || tree != nil) && (other.tar == nil || tar != nil)
            && (other.index == nil || index != nil)
    }

    /// What it takes on disk in one format.
    func usage(as format: LayerFormat) -> (diffID: String, bytes: UInt64, inodes: UInt64)? {
        switch format {
        case .tree: tree.map { ($0.diffID, $0.bytes, $0.inodes) }
        case .erofs: tar.map { ($0.diffID, $0.bytes, 1) }
        }
    }

    var bytes: UInt64 {
        (tree?.bytes ?? 0).plus(tar?.bytes ?? 0).plus(index?.bytes ?? 0)
    }

    var inodes: UInt64 {
        (tree?.inodes ?? 0).plus(tar == nil ? 0 : 1).plus(index == nil ? 0 : 1)
    }
}

/// What is known of a layer's tar, stored beside it: `tar.json`.
public struct TarInfo: Codable, Hashable, Sendable {
    /// The tar's digest.
    var diffID: String
    /// The tar's bytes.
    var size: UInt64

    static let name = "tar"

    /// What it takes on disk.
    var bytes: UInt64 { size.inWholeBlocks }

    init(diffID: String, size: UInt64) {
        self.diffID = diffID
        self.size = size
    }

    /// Nil when the directory has no whole tar.
    init?(layer directory: String) {
        guard let info: TarInfo = StoredInfo.read(Self.name, in: directory),
            Files.length(of: "\(directory)/\(Self.name)") == info.size
        else { return nil }
        self = info
    }
}

/// What is known of an image's index, stored beside it: `index.json`.
struct IndexInfo: Codable, Hashable, Sendable {
    /// Of the file's bytes.
    var digest: String
    /// The file's bytes, holes included.
    var size: UInt64
    /// The files of the image.
    var files: UInt64

    static let name = "index"

    var bytes: UInt64 { size.inWholeBlocks }

    init(digest: String, size: UInt64, files: UInt64) {
        self.digest = digest
        self.size = size
        self.files = files
    }

    /// Nil when the directory has no whole index.
    init?(layer directory: String) {
        guard let info: IndexInfo = StoredInfo.read(Self.name, in: directory),
            Files.length(of: "\(directory)/\(Self.name)") == info.size
        else { return nil }
        self = info
    }
}

/// The JSON beside a file, which is there only once the file is whole.
enum StoredInfo {
    static func read<Info: Decodable>(_ name: String, in directory: String) -> Info? {
        guard let bytes = try? Files.read("\(directory)/\(name).json") else { return nil }
        return try? JSONDecoder().decode(Info.self, from: Data(bytes))
    }

    static func write(_ info: some Encodable, _ name: String, in directory: String) throws {
        try Files.replace("\(directory)/\(name).json", with: Array(try JSONEncoder().encode(info)))
    }
}

extension UInt64 {
    /// As files take them on disk, of 4 KiB.
    fileprivate var inWholeBlocks: UInt64 { plus(4095) & ~4095 }
}

extension Files {
    /// The bytes of a regular file; nil for what is none.
    static func length(of path: String) -> UInt64? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return UInt64(clamping: status.st_size)
    }
}
