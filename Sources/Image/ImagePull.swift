internal import Archive
internal import Model
internal import System

/// The pull of one image whose documents are known, from one endpoint.
struct ImagePull: Sendable {
    let reference: Reference
    let resolved: ImageResolver.Resolved
    let session: RegistrySession
    let resources: PullResources
    let progress: @Sendable (PullEvent) -> Void

    private var layers: Layers { resources.layers }

    func run() async throws -> PulledImage {
        let all = ImageLayer.all(of: resolved)
        let hold = layers.hold(all.map(\.chain))
        // All before any begins, so that every later pull waits for these; and before looking which
        // are in place, so that one which another pull puts there meanwhile is seen in either way.
        let shared = all.map { (layer: $0, work: resources.underWay.join(key($0))) }
        do {
            try await complete(all, shared.filter { !layers.contains($0.layer.chain) })
        } catch {
            await leave(all)
            throw error
        }
        await leave(all)
        return try image(all, hold)
    }

    private func complete(
        _ all: [ImageLayer], _ missing: [(layer: ImageLayer, work: SharedLayer)]
    ) async throws {
        let chains = Set(missing.map(\.layer.chain))
        progress(
            .layers(all.map { $0.progress(0, chains.contains($0.chain) ? .waiting : .present) }))
        let fetching = LayerFetching(session: session, resources: resources, progress: progress)
        let staged = try await fetching.run(missing)
        try await Trace.span("commit layers") {
            try await resources.commits.pass { try await commit(all, staged) }
        }
    }

    private func leave(_ all: [ImageLayer]) async {
        for layer in all { await resources.underWay.leave(key(layer)) }
    }

    private func key(_ layer: ImageLayer) -> LayersUnderWay.Key {
        LayersUnderWay.Key(session.endpoint, layer.content.digest, layer.chain)
    }

    /// From the lowest up, since a directory takes its attributes from the layers below, which must
    /// have theirs by then. A layer may be in place by now: another pull was first.
    private func commit(_ all: [ImageLayer], _ staged: [String: StagedLayer]) async throws {
        if staged.isEmpty { return }
        try await Blocking.run { [layers] in
            var below: [String] = []
            var own: [StagedLayer] = []
            for layer in all {
                var path = layers.path(of: layer.chain)
                if !layers.contains(layer.chain), let here = staged[layer.chain] {
                    path = here.diff
                    try here.unpacked?.fit(in: path, onto: below)
                    own.append(here)
                }
                below.insert(path, at: 0)
            }
            if !own.isEmpty { try layers.commit(own) }
        }
    }

    private func image(_ all: [ImageLayer], _ hold: LayerHold) throws -> PulledImage {
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
            digest: resolved.digest.description,
            manifestDigest: resolved.manifestDigest.description, mediaType: resolved.mediaType,
            configJSON: resolved.configJSON, config: resolved.config.config,
            architecture: resolved.config.architecture, os: resolved.config.os, layers: pulled,
            size: pulled.reduce(0) { $0 + $1.bytes }, hold: hold)
    }
}
