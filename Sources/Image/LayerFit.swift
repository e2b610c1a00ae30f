internal import ImageProtocol
internal import Model
internal import System

/// Fits the new layers of an image into those below, from the lowest up: a directory takes its
/// attributes from the layers below, which must have theirs by then.
struct LayerFit: Sendable {
    /// Of the image's layers, the lowest first.
    let chains: [String]
    let staged: [String: StagedLayer]
    let layers: Layers
    let worker: ImageWorker

    func run(_ own: [StagedLayer]) async throws {
        guard let last = own.last?.chain, let end = chains.lastIndex(of: last) else { return }
        let new = Set(own.compactMap(\.chain))
        var below: [String] = []
        for chain in chains[...end] {
            try await know(chain, new)
            if new.contains(chain), let layer = staged[chain] {
                try await fit(layer, chain, onto: below)
            }
            below.insert(chain, at: 0)
        }
    }

    /// It knows those that it unpacked itself.
    private func know(_ chain: String, _ new: Set<String>) async throws {
        let layer = new.contains(chain) ? staged[chain] : nil
        if let layer, layer.isOf(worker) { return }
        let files = try await Blocking.run { [layers] in
            try layer?.filesForWork()
                ?? [try OpenFile(apart: layers.path(of: chain), isReadOnly: true)]
        }
        try await worker.know(chain, files)
    }

    /// One that could not be fitted is not what it was: nobody may use it any more.
    private func fit(_ layer: StagedLayer, _ chain: String, onto below: [String]) async throws {
        if layer.isSpoiled { throw StagedLayer.Spoiled(chain: chain) }
        do {
            layer.fitted(isContentKnown: try await worker.fit(chain, onto: below))
        } catch {
            layer.spoil()
            throw error
        }
    }
}
