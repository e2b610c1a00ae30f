internal import ImageProtocol
internal import Kernel
internal import System

/// Fits the new layers of an image into those below, from the lowest up: a directory takes its
/// attributes from the layers below, which must have theirs by then.
struct LayerFit: Sendable {
    let image: ImageDescription
    let staged: [String: StagedLayer]
    let layers: Layers
    let worker: ImageWorker

    /// A layer may be in place by now: another pull was first.
    /// - Returns: the layers that are to be put in place.
    func run() async throws -> [StagedLayer] {
        var below: [String] = []
        var known = Set(staged.filter { $0.value.isOf(worker) }.keys)
        var own: [StagedLayer] = []
        for chain in image.layers.map(\.chain) {
            if !layers.contains(chain), let layer = staged[chain] {
                for lower in below where known.insert(lower).inserted { try await know(lower) }
                let isOwn = !known.insert(chain).inserted
                try await layer.fit { [below] in
                    if !isOwn {
                        let files = try await Blocking.run { try layer.filesForWork() }
                        try await worker.know(chain, files)
                    }
                    return try await worker.fit(chain, onto: below)
                }
                // When it was fitted already, the process may not have it yet.
                if !isOwn { known.remove(chain) }
                own.append(layer)
            }
            below.insert(chain, at: 0)
        }
        return own
    }

    /// Another pull puts the layers that it has unpacked in place meanwhile.
    private func know(_ chain: String) async throws {
        let directory = try await Blocking.run { [layers, staged] in
            if let layer = staged[chain],
                let found = try? OpenFile(apart: layer.diff, isReadOnly: true)
            {
                return found
            }
            return try OpenFile(apart: layers.path(of: chain), isReadOnly: true)
        }
        try await worker.know(chain, [directory])
    }
}
