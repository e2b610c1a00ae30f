internal import CLinux
internal import Glibc
public import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// An image in an archive, of which nothing but the name has been looked at.
public struct ImageInArchive: Sendable {
    /// Its names here; one at least.
    public let references: [Reference]
    let number: Int
    let worker: ImageWorker
}

extension Puller {
    /// What is in an archive: an OCI image layout, or what `docker save` writes; a directory or a tar,
    /// which may be compressed with gzip or zstd.
    /// - Parameters:
    ///   - path: absolute.
    ///   - name: the name to import under, in place of what the archive says. One without a tag takes
    ///     the archive's.
    ///   - body: gets the images, which it may pull until it returns.
    /// - Throws: `GantryError`: `invalidArgument` for what is no archive or has no fitting name,
    ///   `dataLoss` for a broken one, `unimplemented` for schema 1; `SystemError`; what `body` throws.
    public func withImages<Result: Sendable>(
        inArchive path: String, named name: String? = nil,
        _ body: @Sendable ([ImageInArchive]) async throws -> Result
    ) async throws -> Result {
        do {
            return try await resources.workers.lease { [resources] worker in
                let (archive, isDirectory, scratch) = try await Blocking.run {
                    let (file, isDirectory) = try Self.openArchive(path)
                    return (file, isDirectory, OpenFile(try resources.layers.namelessFile()))
                }
                let request = ArchiveRequest(
                    isDirectory: isDirectory, name: name, settings: resources.settings)
                let images = try await worker.open(request, archive, scratch: scratch)
                return try await body(
                    images.enumerated().map { number, references in
                        ImageInArchive(references: references, number: number, worker: worker)
                    })
            }
        } catch let error as WorkerEnd {
            throw GantryError(.unavailable, "\(error)")
        }
    }

    /// Unpacks an image of an archive, as if it had been pulled.
    /// - Throws: as `pull`, without what only registries do.
    public func pull(
        _ archived: ImageInArchive, progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) async throws -> PulledImage {
        let image = try await archived.worker.choose(archived.number)
        // One origin for all archives: the node's administrator gives them, and their bytes are checked.
        return try await ImagePull(
            reference: archived.references[0], image: image, origin: "archive",
            resources: resources, worker: archived.worker, progress: progress
        ).run()
    }

    private static func openArchive(_ path: String) throws -> (OpenFile, isDirectory: Bool) {
        // Not opened before it is looked at: a FIFO would hold us, and to open a device is to use it.
        let place = try Files.open(path, GANTRY_O_PATH)
        var status = stat()
        let number = place.raw
        try syscall("fstat", path) { fstat(number, &status) }
        switch status.st_mode & Glibc.S_IFMT {
        case Glibc.S_IFDIR: return (try OpenFile(apart: path, isReadOnly: true), true)
        case Glibc.S_IFREG: return (OpenFile(try Files.reopenRegular(place, path)), false)
        default: throw GantryError(.invalidArgument, "this is neither a file nor a directory")
        }
    }
}
