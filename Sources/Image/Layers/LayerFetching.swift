internal import Archive
internal import System

/// The layers of one pull that are not in place: each is fetched, or waited for where another pull
/// is at it.
struct LayerFetching: Sendable {
    let source: any ContentSource
    let resources: PullResources
    let progress: @Sendable (PullEvent) -> Void
    private let ownSemaphore = Semaphore(4)

    init(
        source: any ContentSource, resources: PullResources,
        progress: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.source = source
        self.resources = resources
        self.progress = progress
    }

    /// The first failure ends the work on all, for what the others would give is not used.
    /// - Returns: the unpacked layers by chain ID.
    func run(
        _ shared: [(layer: LayerPart, work: SharedLayer)]
    ) async throws -> [String: StagedLayer] {
        try await withThrowingTaskGroup(of: (String, StagedLayer).self) { group in
            for (layer, work) in shared {
                group.addTask { (layer.chain, try await get(layer, work)) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Only who works takes a place: who waits must not keep others from it.
    private func get(_ layer: LayerPart, _ work: SharedLayer) async throws -> StagedLayer {
        let watch = report(layer, .shared)
        let staged = try await work.get(watch: watch) { tell in
            try await ownSemaphore.pass {
                try await resources.registryPlaces.pass(source.origin) {
                    try await resources.semaphore.pass { try await stage(layer, tell) }
                }
            }
        }
        progress(.progress(layer.progress(layer.content.size, .done)))
        return staged
    }

    private func stage(
        _ layer: LayerPart, _ tell: @escaping SharedLayer.Watcher
    ) async throws -> StagedLayer {
        let layers = resources.layers
        let staged = try await Blocking.run { try layers.stage() }
        failpoint("PullImage/staged")
        do {
            try await Trace.span("layer \(layer.content.digest.hex.prefix(12))") {
                try await pull(layer, tell).run(into: staged)
            }
            return staged
        } catch {
            // What stays behind after an error here is swept at the next start.
            try? await staged.discard()
            throw error
        }
    }

    private func pull(_ layer: LayerPart, _ tell: @escaping SharedLayer.Watcher) -> LayerPull {
        let own = report(layer, .fetching)
        return LayerPull(
            source: source, part: layer, resources: resources,
            report: { received in
                own(received)
                tell(received)
            })
    }

    private func report(
        _ layer: LayerPart, _ state: PullProgress.State
    ) -> SharedLayer.Watcher {
        let start = layer.progress(0, state)
        return { [progress] received in
            var now = start
            now.received = received
            progress(.progress(now))
        }
    }
}
