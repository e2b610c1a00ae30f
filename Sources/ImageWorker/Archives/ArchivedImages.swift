internal import Archive
internal import ImageProtocol
internal import Model
internal import System

extension ArchiveFiles {
    /// The images: of an OCI image layout, or of what `docker save` writes.
    /// - Parameter name: the name to import under, in place of what the archive says. One without a
    ///   tag takes the archive's.
    /// - Throws: `GantryError`: `invalidArgument` for what is no archive or has no fitting name,
    ///   `dataLoss` for a broken one, `unimplemented` for schema 1; `SystemError`.
    func images(named name: String?) async throws -> [ArchivedImage] {
        let images = try await Blocking.run {
            // Newer docker writes both, and in the layout every content has a digest.
            try OCILayout(files: self).images() ?? DockerArchive(files: self).images()
        }
        guard let images else {
            throw GantryError(
                .invalidArgument,
                "neither an OCI layout, which has an index.json, "
                    + "nor docker's archive, which has a manifest.json")
        }
        return try ArchiveNaming(given: name).name(images)
    }
}
