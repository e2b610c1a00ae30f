internal import FoundationEssentials
internal import Glibc
internal import Kernel
internal import Model
internal import System
internal import Text

/// The store of CRI-O, Podman and Skopeo (containers/storage, driver overlay): images with their
/// documents below `overlay-images`, layers as trees below `overlay`, and beside each what a tar has
/// between its files, so that it can be put together again.
public struct ContainersStorage: ForeignStore {
    public let images: [ForeignImage]
    private let root: String
    private let records: [String: ImageFile]
    private let layers: [String: LayerFile]

    private static let documentLimit = 64 << 20

    /// images.json, as far as it counts.
    private struct ImageFile: Decodable {
        let id: String
        let names: [String]?
        let layer: String?
        let documents: [String]?

        enum CodingKeys: String, CodingKey {
            case id, names, layer
            case documents = "big-data-names"
        }
    }

    private struct LayerFile: Decodable {
        let id: String
        let parent: String?
    }

    /// - Parameter root: such as `/var/lib/containers/storage`.
    /// - Throws: `GantryError`: `notFound` for a directory that is no such store, `dataLoss`.
    public init(root: String) throws {
        self.root = root
        let path = "\(root)/overlay-images/images.json"
        guard Files.exists(path) else {
            throw GantryError(
                .notFound, "\(path) is not there: \(root) is no store of containers/storage")
        }
        let images: [ImageFile] = try Self.document(path)
        let layers: [LayerFile] = try Self.document("\(root)/overlay-layers/layers.json")
        records = Dictionary(images.map { ($0.id, $0) }) { first, _ in first }
        self.layers = Dictionary(layers.map { ($0.id, $0) }) { first, _ in first }
        self.images = images.filter { !($0.names ?? []).isEmpty }
            .map { ForeignImage(id: $0.id, names: $0.names ?? []) }
            .sorted { $0.names[0] < $1.names[0] }
    }

    private static func document<Value: Decodable>(_ path: String) throws -> Value {
        let bytes = try Files.readRegular(path, limit: documentLimit)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch {
            throw GantryError(.dataLoss, "\(path) cannot be read", cause: error)
        }
    }

    /// As `docker save` does it: what the store has of the registry's manifest is about compressed
    /// layers, which it has no more. The image's ID is the digest of its configuration, and stays.
    public func write(_ image: ForeignImage, to directory: String) async throws {
        guard let record = records[image.id] else {
            throw GantryError(.notFound, "image \(image.id) is not in \(root)")
        }
        let chain = try chain(record.layer)
        for (index, layer) in chain.enumerated() {
            try await write(layer: layer, to: "\(directory)/\(index).tar")
        }
        try await Blocking.run {
            let config = "\(Self.keyFile("sha256:\(image.id)"))"
            let bytes = try Files.readRegular(
                "\(root)/overlay-images/\(image.id)/\(config)", limit: Self.documentLimit)
            try Files.replace("\(directory)/\(image.id).json", with: bytes)
            let manifest = ArchiveItem(
                Config: "\(image.id).json", RepoTags: image.names,
                Layers: chain.indices.map { "\($0).tar" })
            try Files.replace(
                "\(directory)/manifest.json", with: Array(try JSONEncoder().encode([manifest])))
        }
    }

    /// Under a key for each digest, beside `manifest`, which is one of them (containers/image,
    /// storage_image.go: manifestBigDataKey).
    public func documents(of image: ForeignImage) throws -> [[UInt8]] {
        let keys = (records[image.id]?.documents ?? []).filter { $0.begins(with: "manifest-") }
        return try keys.prefix(Self.mostDocuments).map {
            try Files.readRegular(
                "\(root)/overlay-images/\(image.id)/\(Self.keyFile($0))", limit: 4 << 20)
        }
    }

    /// An image has one for its platform and one for all, seldom more.
    private static let mostDocuments = 16

    /// The lowest layer first.
    private func chain(_ top: String?) throws -> [String] {
        var chain: [String] = []
        var next = top ?? ""
        while !next.isEmpty {
            guard let layer = layers[next], Self.isID(next), chain.count < 1000 else {
                throw GantryError(.dataLoss, "layer \(next) is not in \(root)/overlay-layers")
            }
            chain.append(next)
            next = layer.parent ?? ""
        }
        return chain.reversed()
    }

    private func write(layer: String, to path: String) async throws {
        let notes = "\(root)/overlay-layers/\(layer).tar-split.gz"
        let inflated = try await Command(
            "/bin/gzip", ["-dc", notes], limit: .seconds(600), outputLimit: 1 << 30
        ).run()
        guard inflated.status == 0 else {
            throw GantryError(.dataLoss, "\(notes): \(inflated.errorText)")
        }
        try await Blocking.run {
            try TarSplit(inflated.standardOutput).write(
                filesOf: "\(root)/overlay/\(layer)/diff", to: path)
        }
    }

    /// It becomes part of a path.
    private static func isID(_ text: String) -> Bool { text.utf8.allSatisfy(\.isHexDigit) }

    /// The name of a file with a key that has other characters than a file should (containers/storage,
    /// images.go: makeBigDataBaseName).
    static func keyFile(_ key: String) -> String {
        let isPlain = key.utf8.allSatisfy {
            $0 == UInt8(ascii: ".") || $0.isASCIIDigit || (0x61...0x7a).contains($0)
        }
        return isPlain ? key : "=" + Data(key.utf8).base64EncodedString()
    }
}

/// Of a manifest.json.
private struct ArchiveItem: Encodable {
    // The names are docker's.
    let Config: String
    let RepoTags: [String]
    let Layers: [String]
}
