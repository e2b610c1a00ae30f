internal import Archive

/// One layer of an image: what the manifest and the configuration say of it.
struct ImageLayer: Sendable {
    let content: Content
    let diffID: Digest
    let chain: String

    /// The lowest first.
    ///
    /// image-spec, config.md#layer-chainid: the lowest layer's chain ID is its DiffID, any other's
    /// the digest of the chain ID below, a space and its own DiffID.
    static func all(of image: ImageResolver.Resolved) -> [ImageLayer] {
        var chain: String?
        return zip(image.layers, image.config.diffIDs).map { content, diffID in
            let name = chain.map { Digest(of: Array("\($0) \(diffID)".utf8)).description }
            let current = name ?? diffID.description
            chain = current
            return ImageLayer(content: content, diffID: diffID, chain: current)
        }
    }

    func progress(_ received: UInt64, _ state: PullProgress.State) -> PullProgress {
        PullProgress(
            digest: content.digest.description, received: received, size: content.size,
            state: state)
    }
}
