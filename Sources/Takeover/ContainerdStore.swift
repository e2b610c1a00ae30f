internal import FoundationEssentials
internal import Glibc
internal import Kernel
internal import Model
internal import System
internal import Text

/// containerd's images: names in a database (core/metadata/buckets.go: `v1/NAMESPACE/images/NAME/target`),
/// and content in files named by their digests, as in an OCI layout.
public struct ContainerdStore: ForeignStore {
    public let images: [ForeignImage]
    private let blobs: String

    private static let databaseLimit = 1 << 30

    /// - Parameters:
    ///   - root: containerd's `root`, such as `/var/lib/containerd`.
    ///   - namespace: the CRI's is `k8s.io`.
    /// - Throws: `GantryError`: `notFound` for a directory that is no such store,
    ///   `failedPrecondition` while containerd runs, `dataLoss`.
    public init(root: String, namespace: String) throws {
        blobs = "\(root)/io.containerd.content.v1.content/blobs/sha256"
        let path = "\(root)/io.containerd.metadata.v1.bolt/meta.db"
        guard Files.exists(path) else {
            throw GantryError(.notFound, "\(path) is not there: \(root) is no store of containerd")
        }
        let file = try Files.open(path)
        let raw = file.raw
        guard flock(raw, LOCK_SH | LOCK_NB) == 0 else {
            throw GantryError(
                .failedPrecondition, "containerd is running on \(root): stop it first")
        }
        let database = try BoltFile(try Files.readRegular(path, limit: Self.databaseLimit))
        images = try Self.images(database, namespace)
    }

    static func images(_ database: BoltFile, _ namespace: String) throws -> [ForeignImage] {
        guard let bucket = try database.bucket(["v1", namespace, "images"]) else { return [] }
        var names: [String: [String]] = [:]
        for entry in try database.entries(of: bucket) where entry.isBucket {
            // The CRI's plugin stores an image by its ID as well.
            if entry.name.begins(with: "sha256:") { continue }
            let parts = try database.entries(of: try database.bucket(entry))
            guard let target = parts.first(where: { $0.isBucket && $0.name == "target" }) else {
                continue
            }
            let fields = try database.entries(of: try database.bucket(target))
            guard let digest = fields.first(where: { $0.name == "digest" }) else { continue }
            names[database.text(digest), default: []].append(entry.name)
        }
        return names.map { ForeignImage(id: $0.key, names: $0.value.sorted()) }
            .sorted { $0.names[0] < $1.names[0] }
    }

    /// As an OCI layout. Content that containerd has not fetched, as that of other platforms, is left
    /// out.
    public func write(_ image: ForeignImage, to directory: String) async throws {
        try await Blocking.run {
            try Files.makeDirectories("\(directory)/blobs/sha256", mode: 0o700)
            let descriptors = try image.names.map { name in
                try descriptor(image.id, in: directory, name: name)
            }
            try Files.replace(
                "\(directory)/oci-layout", with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
            let index = LayoutIndex(schemaVersion: 2, manifests: descriptors)
            try Files.replace(
                "\(directory)/index.json", with: Array(try JSONEncoder().encode(index)))
        }
    }

    private func descriptor(
        _ digest: String, in directory: String, name: String
    ) throws -> LayoutIndex.Descriptor {
        let size = try take(digest, to: directory)
        guard let size else {
            throw GantryError(.notFound, "containerd has no content \(digest)")
        }
        let document = try Document(
            Files.readRegular("\(directory)/blobs/sha256/\(Self.hex(digest))", limit: 4 << 20))
        for part in document.parts {
            guard try take(part, to: directory) != nil, document.isIndex else { continue }
            let manifest = try Document(
                Files.readRegular("\(directory)/blobs/sha256/\(Self.hex(part))", limit: 4 << 20))
            for part in manifest.parts { _ = try take(part, to: directory) }
        }
        return LayoutIndex.Descriptor(
            mediaType: document.mediaType, digest: digest, size: size,
            annotations: ["io.containerd.image.name": name])
    }

    /// Links, or where that cannot be copies, content into a layout.
    /// - Returns: its size; nil when it is not in the store.
    private func take(_ digest: String, to directory: String) throws -> Int64? {
        let hex = try Self.hex(digest)
        let (source, target) = ("\(blobs)/\(hex)", "\(directory)/blobs/sha256/\(hex)")
        if !Files.exists(source) { return nil }
        if !Files.exists(target) { try ForeignFile.link(source, target) }
        var status = stat()
        try syscall("stat", target) { stat(target, &status) }
        return Int64(status.st_size)
    }

    /// It becomes part of a path.
    private static func hex(_ digest: String) throws -> String {
        guard let hex = digest.removing(prefix: "sha256:"), hex.utf8.count == 64,
            hex.utf8.allSatisfy(\.isHexDigit)
        else { throw GantryError(.unimplemented, "the digest \(digest) is not of SHA-256") }
        return String(hex)
    }
}

/// index.json of an OCI layout.
private struct LayoutIndex: Encodable {
    struct Descriptor: Encodable {
        let mediaType: String
        let digest: String
        let size: Int64
        let annotations: [String: String]
    }

    let schemaVersion: Int
    let manifests: [Descriptor]
}

/// An index or a manifest, as far as it names further content.
private struct Document {
    let mediaType: String
    let parts: [String]
    let isIndex: Bool

    private struct JSON: Decodable {
        struct Part: Decodable { let digest: String }

        let mediaType: String?
        let manifests: [Part]?
        let config: Part?
        let layers: [Part]?
    }

    init(_ bytes: [UInt8]) throws {
        let json = try JSONDecoder().decode(JSON.self, from: Data(bytes))
        isIndex = json.manifests != nil
        let usual = isIndex ? "index.v1+json" : "manifest.v1+json"
        mediaType = json.mediaType ?? "application/vnd.oci.image.\(usual)"
        parts =
            (json.manifests ?? json.layers ?? []).map(\.digest)
            + (json.config.map { [$0.digest] } ?? [])
    }
}
