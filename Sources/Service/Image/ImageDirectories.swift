internal import Kernel
internal import Logging
internal import Model
internal import System
internal import Text

/// Images that come with the node: the archives in `image_dirs`.
extension Node {
    /// Imports them beside whatever the daemon does, one after the other by name, and pins them: there
    /// may be no registry that has them. What is broken is told of, and the others come all the same.
    public func importImageDirectories() {
        let directories = settings.imageDirectories
        if directories.isEmpty { return }
        nursery.start { [self] in
            for directory in directories {
                for path in await archives(in: directory) where !isShuttingDown {
                    await attempt("image_dirs") { try await importPinned(path) }
                }
            }
        }
    }

    /// A directory that is not there has none. Hidden files are somebody's drafts.
    private func archives(in directory: String) async -> [String] {
        let names = try? await Blocking.run { () throws -> [String] in
            Files.exists(directory) ? try Files.list(directory) : []
        }
        guard let names else {
            log.warning("image_dirs: \(directory) cannot be read")
            return []
        }
        return names.filter { !$0.begins(with: ".") }.sorted().map { "\(directory)/\($0)" }
    }

    private func importPinned(_ path: String) async throws {
        let answer = try await ImportImages(node: self).respond(to: ImportImagesRequest(path: path))
        for image in answer.images {
            try await images.change(image.id) { $0.pinned = true }
            log.info("imported \(image.names.joined(separator: ", ")) from \(path)")
        }
    }
}
