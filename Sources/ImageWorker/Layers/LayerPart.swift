internal import Archive
internal import ImageProtocol
internal import Model
internal import Text

/// One layer of an image: what the image's documents say of it, and its name on disk.
struct LayerPart: Sendable {
    enum Form: Hashable, Sendable, CustomStringConvertible {
        /// To be unpacked.
        case tar
        /// A file as it comes, with its path in the layer.
        case file(String)

        /// Names on disk depend on it.
        var description: String {
            switch self {
            case .tar: "tar"
            case .file(let path): "file \(path)"
            }
        }
    }

    let content: Content
    let form: Form
    /// Nil where no document says it.
    let diffID: Digest?
    /// The name: `sha256:…` over all that the layer's content depends on.
    let chain: String

    /// image-spec, config.md#layer-chainid: the lowest layer's chain ID is its DiffID, any other's
    /// the digest of the chain ID below, a space and its own DiffID.
    /// - Throws: `GantryError` (`unimplemented`) for more layers than can be mounted.
    static func ofImage(
        _ layers: [Content], _ diffIDs: [Digest]
    ) throws(GantryError) -> [LayerPart] {
        try checkCount(layers.count, "an image")
        var chain: String?
        return zip(layers, diffIDs).map { content, diffID in
            let name = chain.map { Digest(of: Array("\($0) \(diffID)".utf8)) } ?? diffID
            chain = name.description
            return LayerPart(
                content: content, form: .tar, diffID: diffID, chain: name.description)
        }
    }

    /// An artifact's layers, whose DiffIDs nobody says.
    /// - Throws: `GantryError` (`invalidArgument`) for a title that can be no file's name, or that two
    ///   layers have.
    static func ofArtifact(_ layers: [Content]) throws(GantryError) -> [LayerPart] {
        var chain = "artifact"
        var parts: [LayerPart] = []
        var titles: Set<ExactText> = []
        for content in layers where content.mediaType != MediaType.empty {
            let form = try ArtifactFile.form(of: content)
            if case .file(let title) = form, !titles.insert(ExactText(title)).inserted {
                throw GantryError(.invalidArgument, "two layers have the title \"\(title)\"")
            }
            chain = Digest(of: Array("\(chain) \(form) \(content.digest)".utf8)).description
            parts.append(LayerPart(content: content, form: form, diffID: nil, chain: chain))
        }
        try checkCount(parts.count, "an artifact")
        return parts
    }

    /// The kernel's overlay takes so many (OVL_MAX_STACK).
    private static func checkCount(_ count: Int, _ what: String) throws(GantryError) {
        if count > mostImageLayers {
            throw GantryError(
                .unimplemented, "\(what) of \(count) layers, \(mostImageLayers) are the most")
        }
    }
}

extension LayerPart {
    var description: ImageDescription.Layer {
        ImageDescription.Layer(digest: content.digest, size: content.size, chain: chain)
    }
}
