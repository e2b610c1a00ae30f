internal import ImageProtocol
internal import Model
internal import System

/// The layers of one pull that are not in place: each is fetched, or waited for where another pull
/// is at it.
struct LayerFetching: Sendable {
    let worker: ImageWorker
    /// Who gives the image; see `LayersUnderWay.Key`.
    let origin: String
    let resources: PullResources
    let format: LayerFormat
    let progress: @Sendable (PullEvent) -> Void
    private let ownSemaphore = Semaphore(4)

    init(
        worker: ImageWorker, origin: String, resources: PullResources, as format: LayerFormat,
        progress: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.worker = worker
        self.origin = origin
        self.resources = resources
        self.format = format
        self.progress = progress
    }

    /// The first failure ends the work on all, for what the others would give is not used.
    /// - Returns: the unpacked layers by chain ID.
    func run(_ wanted: [WantedLayer]) async throws -> [String: StagedLayer] {
        try await withThrowingTaskGroup(of: (String, StagedLayer).self) { group in
            for one in wanted {
                group.addTask { (one.layer.chain, try await get(one)) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Only who works takes a place: who waits must not keep others from it.
    private func get(_ wanted: WantedLayer) async throws -> StagedLayer {
        let layer = wanted.layer
        let watch = report(layer, .shared)
        let staged = try await wanted.work.get(watch: watch) { tell in
            try await ownSemaphore.pass {
                try await resources.registryPlaces.pass(origin) {
                    try await resources.semaphore.pass { try await stage(wanted, tell) }
                }
            }
        }
        progress(.progress(PullProgress(layer, layer.size, .done)))
        return staged
    }

    private func stage(
        _ wanted: WantedLayer, _ tell: @escaping SharedLayer.Watcher
    ) async throws -> StagedLayer {
        let layers = resources.layers
        let staged = try await Blocking.run { try layers.stage(as: format) }
        failpoint("PullImage/staged")
        do {
            try await Trace.span("layer \(wanted.layer.digest.hex.prefix(12))") {
                try await fetch(wanted, into: staged, tell)
            }
            failpoint("PullImage/layer unpacked")
            return staged
        } catch {
            // What stays behind after an error here is swept at the next start.
            try? await staged.discard()
            throw error
        }
    }

    private func fetch(
        _ wanted: WantedLayer, into staged: StagedLayer, _ tell: @escaping SharedLayer.Watcher
    ) async throws {
        let own = report(wanted.layer, .fetching)
        let told = { @Sendable (received: UInt64) in
            own(received)
            tell(received)
        }
        let fetched =
            switch format {
            case .tree: try await worker.unpack(wanted.number, into: staged, watch: told)
            case .erofs: try await worker.keep(wanted.number, in: staged, watch: told)
            }
        told(wanted.layer.size)
        staged.finish(wanted.layer.chain, fetched, by: worker)
    }

    private func report(
        _ layer: ImageDescription.Layer, _ state: PullProgress.State
    ) -> SharedLayer.Watcher {
        let start = PullProgress(layer, 0, state)
        return { [progress] received in
            var now = start
            now.received = received
            progress(.progress(now))
        }
    }
}
