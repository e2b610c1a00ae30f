internal import Archive
internal import Model
internal import System

extension Puller {
    /// What is in an archive: an OCI image layout, or what `docker save` writes; a directory or a tar,
    /// which may be compressed with gzip or zstd.
    /// - Parameters:
    ///   - path: absolute.
    ///   - name: the name to import under, in place of what the archive says. One without a tag takes
    ///     the archive's.
    /// - Throws: `GantryError`: `invalidArgument` for what is no archive or has no fitting name,
    ///   `dataLoss` for a broken one, `unimplemented` for schema 1; `SystemError`.
    public func images(
        inArchive path: String, named name: String? = nil
    ) async throws -> [ArchivedImage] {
        let files = try await ArchiveFiles.open(
            path, resources.layers, limit: resources.limits.bytes)
        let images = try await Blocking.run {
            // Newer docker writes both, and in the layout every content has a digest.
            try OCILayout(files: files).images() ?? DockerArchive(files: files).images()
        }
        guard let images else {
            throw GantryError(
                .invalidArgument,
                "neither an OCI layout, which has an index.json, "
                    + "nor docker's archive, which has a manifest.json")
        }
        return try ArchiveNaming(given: name).name(images)
    }

    /// Unpacks an image of an archive, as if it had been pulled.
    /// - Throws: as `pull`, without what only registries do.
    public func pull(
        _ image: ArchivedImage, progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) async throws -> PulledImage {
        let resolved = try await image.resolve(.current)
        return try await ImagePull(
            reference: image.references[0], resolved: resolved, source: image.content,
            resources: resources, progress: progress
        ).run()
    }
}
