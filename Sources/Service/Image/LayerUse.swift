internal import Image
internal import Kernel
internal import Model
internal import Store
internal import System

/// Which layers are needed, and what they and the containers' writable parts take.
extension Node {
    /// The chain IDs of every image's layers and of those that containers stand on.
    private var neededLayers: Set<String> {
        let ofImages = images.all.flatMap { $0.layers.map(\.chain) }
        return Set(ofImages + containers.all.flatMap(\.details.layers))
    }

    /// Layers that are removed at a time: each has a thread meanwhile.
    private static let removals = 4

    /// Removes the layers among `chains` that nothing needs any more.
    func removeUnused(_ chains: [String]) async throws {
        let needed = neededLayers
        try await chains.filter { !needed.contains($0) }.concurrently(atMost: Self.removals) {
            try await self.layers.remove($0)
        }
        try await removeDamagedLayers()
    }

    /// After a pull, and when something is removed.
    func removeDamagedLayers() async throws {
        let mounted = imageMounts.ids
        let used = Set(containers.all.flatMap(\.details.layers)).union(
            images.all.filter { mounted.contains($0.id) }.flatMap { $0.layers.map(\.chain) })
        try await layers.removeDamaged(butOf: used)
        try await layers.removeSecondForms(
            images: images.all.map { $0.layers.map(\.chain) }, used: used)
    }

    /// At the start: removes what killed pulls and removals have left. What damaged images have left
    /// stays until the next start, since they will be pulled again.
    func sweepLayers() async throws {
        try await layers.sweep(keeping: neededLayers.union(quarantine.layers))
        try await removeDamagedLayers()
    }

    /// What the containers' writable parts take on disk.
    func writableUsage() async throws -> (bytes: UInt64, inodes: UInt64) {
        var total: (bytes: UInt64, inodes: UInt64) = (0, 0)
        for container in containers.all {
            let usage = try await rootFilesystems.usage(container.id)
            total = (total.bytes.plus(usage.bytes), total.inodes.plus(usage.inodes))
        }
        return total
    }
}
