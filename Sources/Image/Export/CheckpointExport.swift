public import ImageProtocol
internal import Kernel
internal import Model
internal import System

extension Puller {
    /// Writes the archive of a container's checkpoint, in a process that handles images: what the container
    /// has written is its own, and costs no more than that process.
    /// - Parameters:
    ///   - ready: the path of a directory whose files are at the archive's top.
    ///   - layer: that of the container's writable layer.
    ///   - log: is copied as far as it goes now.
    ///   - file: empty.
    /// - Throws: `GantryError`; `SystemError`.
    public func packCheckpoint(
        ready: String, layer: String, log: OpenFile?, to file: OpenFile
    ) async throws {
        let directories = try await Blocking.run {
            [
                try OpenFile(apart: ready, isReadOnly: true),
                try OpenFile(apart: layer, isReadOnly: true),
            ]
        }
        do {
            try await resources.workers.lease { worker in
                try await worker.packCheckpoint([file] + directories + (log.map { [$0] } ?? []))
            }
        } catch let error as WorkerEnd {
            throw GantryError(.unavailable, "\(error)")
        }
    }
}
