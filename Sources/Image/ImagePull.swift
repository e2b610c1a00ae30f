internal import Archive
internal import Model
internal import System

/// The pull of one image whose documents are known, from one source.
struct ImagePull: Sendable {
    let reference: Reference
    let resolved: ImageResolver.Resolved
    let source: any ContentSource
    let layers: Layers
    let limits: LayerLimits
    let privileges: Privileges
    let turnstile: Turnstile
    let progress: @Sendable (PullProgress) -> Void

    private static let layersAtOnce = 4

    func run() async throws -> PulledImage {
        let parts = resolved.layers
        let hold = layers.hold(parts.map(\.chain))
        let missing = parts.filter { !layers.contains($0.chain) }
        var staged: [String: StagedLayer] = [:]
        do {
            staged = try await stage(missing)
            try await fetch(missing, staged)
            try await Trace.span("commit layers") { try await commit(parts, staged) }
        } catch {
            await discard(staged)
            throw error
        }
        await discard(staged)
        return try image(parts, hold)
    }

    private func stage(_ missing: [LayerPart]) async throws -> [String: StagedLayer] {
        let chains = missing.map(\.chain)
        return try await Blocking.run { [layers] in
            var staged: [String: StagedLayer] = [:]
            for chain in chains { staged[chain] = try layers.stage() }
            return staged
        }
    }

    private func fetch(_ missing: [LayerPart], _ staged: [String: StagedLayer]) async throws {
        let ownTurnstile = Turnstile(Self.layersAtOnce)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in missing {
                guard let target = staged[part.chain] else { continue }
                group.addTask {
                    try await ownTurnstile.pass {
                        try await turnstile.pass {
                            try await Trace.span("layer \(part.content.digest.hex.prefix(12))") {
                                try await pull(part).run(into: target)
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func pull(_ part: LayerPart) -> LayerPull {
        let content = part.content
        return LayerPull(
            source: source, part: part,
            limits: limits, privileges: privileges,
            report: { [progress] received in
                progress(
                    PullProgress(
                        digest: content.digest.description, received: received, size: content.size))
            })
    }

    /// From the lowest up, since a directory takes its attributes from the layers below, which must
    /// have theirs by then.
    private func commit(_ parts: [LayerPart], _ staged: [String: StagedLayer]) async throws {
        if staged.isEmpty { return }
        try await Blocking.run { [layers] in
            var below: [String] = []
            for part in parts {
                let here = staged[part.chain]
                let path = here?.diff ?? layers.path(of: part.chain)
                try here?.unpacked?.fit(in: path, onto: below)
                below.insert(path, at: 0)
            }
            try layers.commit(parts.compactMap { staged[$0.chain] })
        }
    }

    /// What stays behind after an error here is swept at the next start.
    private func discard(_ staged: [String: StagedLayer]) async {
        for layer in staged.values { try? await layer.discard() }
    }

    private func image(_ parts: [LayerPart], _ hold: LayerHold) throws -> PulledImage {
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
            digest: resolved.digest?.description,
            manifestDigest: resolved.manifestDigest?.description, mediaType: resolved.mediaType,
            document: resolved.document, artifactType: resolved.artifactType,
            config: resolved.config, layers: pulled,
            size: pulled.reduce(0) { $0 + $1.bytes }, hold: hold)
    }
}
