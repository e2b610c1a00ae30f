internal import Archive
internal import Model
internal import System

/// The pull of one image whose documents are known, from one endpoint.
struct ImagePull: Sendable {
    let reference: Reference
    let resolved: ImageResolver.Resolved
    let session: RegistrySession
    let layers: Layers
    let underWay: LayersUnderWay
    let limits: LayerLimits
    let privileges: Privileges
    let turnstile: Turnstile
    let commits: Turnstile
    let longLayers: LongLayers
    let rangesPlace: SinglePlace
    let progress: @Sendable (PullProgress) -> Void

    private static let layersAtOnce = 4

    /// One layer of the image: what the manifest and the configuration say of it.
    private struct Part: Sendable {
        let content: Content
        let diffID: Digest
        let chain: String
    }

    func run() async throws -> PulledImage {
        let parts = self.parts()
        let hold = layers.hold(parts.map(\.chain))
        // All before any begins, so that every later pull waits for these; and before looking which
        // are in place, so that one which another pull puts there meanwhile is seen in either way.
        let shared = parts.map { (part: $0, layer: underWay.join(key($0))) }
        do {
            let staged = try await fetch(shared.filter { !layers.contains($0.part.chain) })
            try await Trace.span("commit layers") {
                try await commits.pass { try await commit(parts, staged) }
            }
        } catch {
            await leave(parts)
            throw error
        }
        await leave(parts)
        return try image(parts, hold)
    }

    private func leave(_ parts: [Part]) async {
        for part in parts { await underWay.leave(key(part)) }
    }

    private func key(_ part: Part) -> LayersUnderWay.Key {
        LayersUnderWay.Key(session.endpoint, part.content.digest, part.chain)
    }

    /// image-spec, config.md#layer-chainid: the lowest layer's chain ID is its DiffID, any other's
    /// the digest of the chain ID below, a space and its own DiffID.
    private func parts() -> [Part] {
        var chain: String?
        return zip(resolved.layers, resolved.config.diffIDs).map { content, diffID in
            let name = chain.map { Digest(of: Array("\($0) \(diffID)".utf8)).description }
            let current = name ?? diffID.description
            chain = current
            return Part(content: content, diffID: diffID, chain: current)
        }
    }

    /// - Returns: the layers that are not in place yet, by chain ID.
    private func fetch(
        _ shared: [(part: Part, layer: SharedLayer)]
    ) async throws -> [String: StagedLayer] {
        let ownTurnstile = Turnstile(Self.layersAtOnce)
        return try await withThrowingTaskGroup(of: (String, StagedLayer).self) { group in
            for (part, layer) in shared {
                group.addTask {
                    let staged = try await layer.get(watch: report(part, isAnothers: true)) {
                        tell in
                        // Only who works takes a place: who waits must not keep others from it.
                        try await ownTurnstile.pass {
                            try await turnstile.pass { try await stage(part, tell) }
                        }
                    }
                    return (part.chain, staged)
                }
            }
            // The first failure ends the other layers' work, for what they would give is not used.
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func stage(
        _ part: Part, _ tell: @escaping SharedLayer.Watcher
    ) async throws -> StagedLayer {
        let staged = try await Blocking.run { [layers] in try layers.stage() }
        do {
            try await Trace.span("layer \(part.content.digest.hex.prefix(12))") {
                try await pull(part, tell).run(into: staged)
            }
            return staged
        } catch {
            // What stays behind after an error here is swept at the next start.
            try? await staged.discard()
            throw error
        }
    }

    private func pull(_ part: Part, _ tell: @escaping SharedLayer.Watcher) -> LayerPull {
        let own = report(part, isAnothers: false)
        return LayerPull(
            session: session, content: part.content, diffID: part.diffID, chain: part.chain,
            limits: limits, privileges: privileges, longLayers: longLayers,
            rangesPlace: rangesPlace,
            report: { received in
                own(received)
                tell(received)
            })
    }

    private func report(_ part: Part, isAnothers: Bool) -> SharedLayer.Watcher {
        let (digest, size) = (part.content.digest.description, part.content.size)
        return { [progress] received in
            progress(
                PullProgress(
                    digest: digest, received: received, size: size, isAnothers: isAnothers))
        }
    }

    /// From the lowest up, since a directory takes its attributes from the layers below, which must
    /// have theirs by then. A layer may be in place by now: another pull was first.
    private func commit(_ parts: [Part], _ staged: [String: StagedLayer]) async throws {
        if staged.isEmpty { return }
        try await Blocking.run { [layers] in
            var below: [String] = []
            var own: [StagedLayer] = []
            for part in parts {
                var path = layers.path(of: part.chain)
                if !layers.contains(part.chain), let here = staged[part.chain] {
                    path = here.diff
                    try here.unpacked?.fit(in: path, onto: below)
                    own.append(here)
                }
                below.insert(path, at: 0)
            }
            if !own.isEmpty { try layers.commit(own) }
        }
    }

    private func image(_ parts: [Part], _ hold: LayerHold) throws -> PulledImage {
        let pulled = try parts.map { part in
            guard let info = layers.info(part.chain) else {
                throw GantryError(.internal, "layer \(part.chain) is gone")
            }
            return PulledImage.Layer(
                chain: part.chain, diffID: info.diffID, digest: part.content.digest.description,
                compressedSize: part.content.size, bytes: info.bytes, inodes: info.inodes)
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
