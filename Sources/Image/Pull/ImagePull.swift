internal import Archive
internal import Kernel
internal import Model
internal import System

/// The pull of one image whose documents are known, from one source.
struct ImagePull: Sendable {
    let reference: Reference
    let resolved: ImageResolver.Resolved
    let source: any ContentSource
    let resources: PullResources
    let progress: @Sendable (PullEvent) -> Void

    private var layers: Layers { resources.layers }

    func run() async throws -> PulledImage {
        let all = resolved.layers
        try checkSizes(all)
        let hold = layers.hold(all.map(\.chain))
        // All before any begins, so that every later pull waits for these; and before looking which
        // are in place, so that one which another pull puts there meanwhile is seen in either way.
        let shared = all.map { (layer: $0, work: resources.underWay.join(key($0))) }
        do {
            failpoint("PullImage/resolved")
            try await complete(all, shared.filter { !layers.contains($0.layer.chain) })
        } catch {
            await leave(all)
            throw error
        }
        await leave(all)
        return try image(all, hold)
    }

    /// No layer is smaller unpacked than it is on its way, but for a few bytes.
    private func checkSizes(_ all: [LayerPart]) throws(GantryError) {
        for layer in all {
            try resources.limits.check("layer \(layer.content.digest)", layer.content.size)
        }
    }

    private func complete(
        _ all: [LayerPart], _ missing: [(layer: LayerPart, work: SharedLayer)]
    ) async throws {
        let chains = Set(missing.map(\.layer.chain))
        progress(
            .layers(all.map { $0.progress(0, chains.contains($0.chain) ? .waiting : .present) }))
        let fetching = LayerFetching(source: source, resources: resources, progress: progress)
        let staged = try await fetching.run(missing)
        let own = try await Trace.span("fit layers") { try await fit(all, staged) }
        try await Trace.span("commit layers") {
            try await resources.commits.pass {
                try await Blocking.run { [layers] in
                    // Another pull was first with what both wanted.
                    let missing = own.filter { !layers.contains($0.chain ?? "") }
                    if !missing.isEmpty { try layers.commit(missing) }
                }
            }
        }
        failpoint("PullImage/layers committed")
    }

    private func leave(_ all: [LayerPart]) async {
        for layer in all { await resources.underWay.leave(key(layer)) }
    }

    private func key(_ layer: LayerPart) -> LayersUnderWay.Key {
        LayersUnderWay.Key(source.origin, layer.content.digest, layer.chain)
    }

    /// From the lowest up, since a directory takes its attributes from the layers below, which must
    /// have theirs by then. A layer may be in place by now: another pull was first. What another pull
    /// wants too goes on when this one is cancelled.
    /// - Returns: the layers that are to be put in place.
    private func fit(
        _ all: [LayerPart], _ staged: [String: StagedLayer]
    ) async throws -> [StagedLayer] {
        let isCancelled = Flag()
        return try await withTaskCancellationHandler {
            var below: [LayerPlace] = []
            var own: [StagedLayer] = []
            for layer in all {
                let path = layers.path(of: layer.chain)
                var place = LayerPlace(path)
                if !layers.contains(layer.chain), let here = staged[layer.chain] {
                    try await here.fit(onto: below) { [resources, key = key(layer)] in
                        isCancelled.isSet && resources.underWay.isAlone(key)
                    }
                    place = LayerPlace(here.diff, path)
                    own.append(here)
                }
                below.insert(place, at: 0)
            }
            return own
        } onCancel: {
            isCancelled.set()
        }
    }

    private func image(_ all: [LayerPart], _ hold: LayerHold) throws -> PulledImage {
        let pulled = try all.map { layer in
            guard let info = layers.info(layer.chain) else {
                throw GantryError(.internal, "layer \(layer.chain) is gone")
            }
            return PulledImage.Layer(
                chain: layer.chain, diffID: info.diffID, digest: layer.content.digest.description,
                compressedSize: layer.content.size, bytes: info.bytes, inodes: info.inodes)
        }
        return PulledImage(
            id: resolved.id.description, reference: reference,
            digest: resolved.digest?.description,
            manifestDigest: resolved.manifestDigest?.description, mediaType: resolved.mediaType,
            document: resolved.document, artifactType: resolved.artifactType,
            config: resolved.config, layers: pulled,
            size: pulled.map(\.bytes).total, hold: hold)
    }
}
