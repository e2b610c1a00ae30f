internal import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// The pull of one image whose documents are known, from one source.
struct ImagePull: Sendable {
    let reference: Reference
    let image: ImageDescription
    /// Who gives the image; see `LayersUnderWay.Key`.
    let origin: String
    let resources: PullResources
    let worker: ImageWorker
    let progress: @Sendable (PullEvent) -> Void

    private var layers: Layers { resources.layers }

    /// A layer that another process left half-done is fetched anew so many times.
    private static let mostAttempts = 4

    func run() async throws -> PulledImage {
        let all = image.layers
        try checkSizes(all)
        let document = try ImageDocument(image.document)
        let hold = layers.hold(all.map(\.chain))
        // All before any begins, so that every later pull waits for these; and before looking which
        // are in place, so that one which another pull puts there meanwhile is seen in either way.
        let shared = all.enumerated().map { number, layer in
            WantedLayer(number: number, layer: layer, work: resources.underWay.join(key(layer)))
        }
        do {
            failpoint("PullImage/resolved")
            try await complete(shared)
        } catch {
            await leave(all)
            throw error
        }
        await leave(all)
        return try pulled(document, hold)
    }

    /// No layer is smaller unpacked than it is on its way, but for a few bytes.
    private func checkSizes(_ all: [ImageDescription.Layer]) throws(GantryError) {
        for layer in all {
            try resources.settings.limits.check("layer \(layer.digest)", layer.size)
        }
    }

    private func complete(_ wanted: [WantedLayer]) async throws {
        for attempt in 1...Self.mostAttempts {
            do {
                try await attemptAll(wanted)
                break
            } catch let error as StagedLayer.Spoilt {
                if attempt == Self.mostAttempts {
                    throw GantryError(
                        .unavailable, "another pull of layer \(error.chain) did not end it")
                }
            }
        }
        failpoint("PullImage/layers committed")
    }

    private func attemptAll(_ wanted: [WantedLayer]) async throws {
        let missing = wanted.filter { !layers.contains($0.layer.chain) }
        let chains = Set(missing.map(\.layer.chain))
        progress(
            .layers(
                wanted.map {
                    PullProgress(
                        $0.layer, 0, chains.contains($0.layer.chain) ? .waiting : .present)
                }))
        let staged = try await LayerFetching(
            worker: worker, origin: origin, resources: resources, progress: progress
        ).run(missing)
        if staged.isEmpty { return }
        let own = try await Trace.span("fit layers") {
            try await LayerFit(image: image, staged: staged, layers: layers, worker: worker).run()
        }
        try await Trace.span("commit layers") {
            try await resources.commits.pass {
                try await Blocking.run { [layers] in
                    // Another pull was first with what both wanted.
                    let missing = own.filter { !layers.contains($0.chain ?? "") }
                    if !missing.isEmpty { try layers.commit(missing) }
                }
            }
        }
    }

    private func leave(_ all: [ImageDescription.Layer]) async {
        for layer in all { await resources.underWay.leave(key(layer)) }
    }

    private func key(_ layer: ImageDescription.Layer) -> LayersUnderWay.Key {
        LayersUnderWay.Key(origin, layer.digest, layer.chain)
    }

    private func pulled(_ document: ImageDocument, _ hold: LayerHold) throws -> PulledImage {
        let pulled = try image.layers.map { layer in
            guard let info = layers.info(layer.chain) else {
                throw GantryError(.internal, "layer \(layer.chain) is gone")
            }
            return PulledImage.Layer(
                chain: layer.chain, diffID: info.diffID, digest: layer.digest.description,
                compressedSize: layer.size, bytes: info.bytes, inodes: info.inodes)
        }
        return PulledImage(
            id: image.id.description, reference: reference,
            digest: image.digest?.description,
            manifestDigest: image.manifestDigest?.description, mediaType: image.mediaType,
            document: image.document, artifactType: document.artifactType,
            config: document.config, layers: pulled,
            size: pulled.map(\.bytes).total, hold: hold)
    }
}

/// A layer of an image with the work on it, under way or to be begun.
struct WantedLayer: Sendable {
    /// From the lowest.
    let number: Int
    let layer: ImageDescription.Layer
    let work: SharedLayer
}
