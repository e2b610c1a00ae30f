internal import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// The pull of one image whose documents are known, from one source.
struct ImagePull: Sendable {
    let reference: Reference
    let image: ImageDescription
    private let document: ImageDocument
    /// Who gives the image; see `LayersUnderWay.Key`.
    let origin: String
    let resources: PullResources
    let worker: ImageWorker
    let progress: @Sendable (PullEvent) -> Void

    private var layers: Layers { resources.layers }

    init(
        reference: Reference, image: ImageDescription, origin: String, resources: PullResources,
        worker: ImageWorker, progress: @escaping @Sendable (PullEvent) -> Void
    ) throws {
        self.reference = reference
        self.image = image
        document = try ImageDocument(image.document)
        self.origin = origin
        self.resources = resources
        self.worker = worker
        self.progress = progress
    }

    /// A layer that another process left half-done is fetched anew so many times.
    private static let mostAttempts = 4

    func run() async throws -> PulledImage {
        let all = image.layers
        try checkSizes(all)
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
        return try pulled(hold)
    }

    /// The files of an artifact are no tars.
    var format: LayerFormat {
        document.artifactType == nil && !image.layers.isEmpty ? layers.formats.preferred : .tree
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
        let missing = wanted.filter { !layers.contains($0.layer.chain, as: format) }
        let chains = Set(missing.map(\.layer.chain))
        progress(
            .layers(
                wanted.map {
                    PullProgress(
                        $0.layer, 0, chains.contains($0.layer.chain) ? .waiting : .present)
                }))
        let staged = try await LayerFetching(
            worker: worker, origin: origin, resources: resources, as: format, progress: progress
        ).run(missing)
        switch format {
        case .tree: try await fit(staged)
        case .erofs: try await index(staged)
        }
    }

    private func fit(_ staged: [String: StagedLayer]) async throws {
        if staged.isEmpty { return }
        let own = try await Trace.span("fit layers") {
            try await LayerFit(image: image, staged: staged, layers: layers, worker: worker).run()
        }
        try await commit(own.compactMap(\.staged))
    }

    private func index(_ staged: [String: StagedLayer]) async throws {
        let top = image.layers.last?.chain ?? ""
        if staged.isEmpty, layers.forms(top).index != nil { return }
        let directory = try await Blocking.run { [layers] in try layers.stageIndex() }
        do {
            let new = try await Trace.span("index layers") {
                try await LayerIndexing(
                    image: image, staged: staged, layers: layers, worker: worker
                ).run(in: directory)
            }
            try await commit(new)
        } catch {
            // What stays behind after an error here is swept at the next start.
            try? await Trees.remove(directory)
            throw error
        }
        try await Trees.remove(directory)
    }

    private func commit(_ new: [StagedForms]) async throws {
        try await Trace.span("commit layers") {
            try await resources.commits.pass {
                try await Blocking.run { [layers] in
                    // Another pull was first with what both wanted.
                    let missing = new.filter { !layers.forms($0.chain).contains($0.forms) }
                    for one in missing { try one.writeInfo() }
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

    private func pulled(_ hold: LayerHold) throws -> PulledImage {
        let pulled = try image.layers.map { layer in
            guard let usage = layers.forms(layer.chain).usage(as: format) else {
                throw GantryError(.internal, "layer \(layer.chain) is gone")
            }
            return PulledImage.Layer(
                chain: layer.chain, diffID: usage.diffID, digest: layer.digest.description,
                compressedSize: layer.size, bytes: usage.bytes, inodes: usage.inodes)
        }
        let index = image.layers.last.flatMap { layers.forms($0.chain).index }
        return PulledImage(
            id: image.id.description, reference: reference,
            digest: image.digest?.description,
            manifestDigest: image.manifestDigest?.description, mediaType: image.mediaType,
            document: image.document, artifactType: document.artifactType,
            config: document.config, layers: pulled,
            index: format == .erofs ? index?.digest ?? "" : "",
            size: pulled.map(\.bytes).total.plus(format == .erofs ? index?.bytes ?? 0 : 0),
            hold: hold)
    }
}

/// A layer of an image with the work on it, under way or to be begun.
struct WantedLayer: Sendable {
    /// From the lowest.
    let number: Int
    let layer: ImageDescription.Layer
    let work: SharedLayer
}
