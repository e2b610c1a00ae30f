internal import Archive
internal import FoundationEssentials
internal import ImageProtocol
internal import Model
internal import Text

/// What `docker save` writes: a manifest.json that lists images, each with the names of the files
/// that its configuration and layers are in.
struct DockerArchive {
    let files: ArchiveFiles

    private struct Item: Decodable {
        var Config: String
        var RepoTags: [String]?
        /// Null where there are none, as Go writes it.
        var Layers: [String]?
    }

    /// Nil when it is none.
    func images() throws -> [ArchivedImage]? {
        guard let list = try files.document("manifest.json") else {
            guard try files.file("repositories") != nil else { return nil }
            throw GantryError(.unimplemented, "Docker schema 1 archives are not supported")
        }
        do {
            return try JSONDecoder().decode([Item].self, from: Data(list)).map { try image($0) }
        } catch let error as DecodingError {
            throw GantryError(.dataLoss, "manifest.json cannot be read", cause: error)
        }
    }

    private func image(_ item: Item) throws -> ArchivedImage {
        let config = try required(item.Config).read(limit: ImageResolver.documentLimit)
        let id = Digest(of: config)
        if let named = Self.digest(in: item.Config), named != id {
            throw GantryError(.dataLoss, "\(item.Config) has the digest \(id)")
        }
        let document = try ConfigDocument(config)
        let names = item.Layers ?? []
        guard document.diffIDs.count == names.count else {
            throw GantryError(
                .dataLoss,
                "manifest.json has \(names.count) layers, \(item.Config) "
                    + "\(document.diffIDs.count)")
        }
        let layers = try zip(names, document.diffIDs).map { try layer($0, $1) }
        let parts = Dictionary(layers.map { ($0.0.digest, $0.1) }) { first, _ in first }
        return ArchivedImage(
            names: try (item.RepoTags ?? []).map { .whole(try Reference.parse($0)) },
            content: ArchiveContent { parts[$0] },
            documents: .docker(
                ImageResolver.Resolved(
                    digest: nil, manifestDigest: nil, mediaType: "", id: id, document: config,
                    layers: try LayerPart.ofImage(layers.map(\.0), document.diffIDs))))
    }

    /// A layer has its DiffID, and if it is compressed, as other tools write it, a digest besides.
    private func layer(_ name: String, _ diffID: Digest) throws -> (Content, FilePart) {
        let part = try required(name)
        let digest = try part.compression() == .none ? diffID : part.digest()
        let content = Content(
            mediaType: "application/vnd.docker.image.rootfs.diff.tar", digest: digest,
            size: part.size, platform: nil)
        return (content, part)
    }

    private func required(_ name: String) throws -> FilePart {
        guard let found = try files.file(name) else {
            throw GantryError(.dataLoss, "manifest.json wants \(name), which is not there")
        }
        return found
    }

    /// `HEX.json`, or `blobs/sha256/HEX`.
    private static func digest(in name: String) -> Digest? {
        let last = name.split(at: "/").last ?? ""
        return try? Digest(parsing: "sha256:\(last.head(before: "."))")
    }
}
