internal import Image
internal import ImageProtocol
internal import Model
internal import Text

/// Takes the images of an archive on the node, as if they had been pulled. Those before one that
/// fails stay.
struct ImportImages: RPC {
    let node: Node

    func respond(to request: ImportImagesRequest) async throws -> ImportImagesResponse {
        guard request.path.begins(with: "/") else {
            throw GantryError(.invalidArgument, "the path \"\(request.path)\" is not absolute")
        }
        let images = try await node.operations.join(
            .importImages(path: request.path, name: request.name)
        ) {
            try await node.pulls.track(request.path) { note in
                do {
                    return try await importAll(request, note)
                } catch let error as CancellationError {
                    throw error
                } catch {
                    throw GantryError("import \(request.path)", from: error)
                }
            }
        }
        return ImportImagesResponse(images: images)
    }

    private func importAll(
        _ request: ImportImagesRequest, _ note: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> [ImportedImage] {
        try await node.puller.withImages(
            inArchive: request.path, named: request.name.isEmpty ? nil : request.name
        ) { try await importAll($0, request.documents.map(\.content), note) }
    }

    private func importAll(
        _ archived: [ImageInArchive], _ documents: [[UInt8]],
        _ note: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> [ImportedImage] {
        var imported: [ImportedImage] = []
        for image in archived {
            let pulled = try await node.puller.pull(image, progress: note)
            // The layers are held against removal until the image that needs them is stored.
            defer { withExtendedLifetime(pulled.hold) {} }
            let proven =
                archived.count == 1 ? try ProvenDigests.of(documents, to: pulled.id) : []
            for reference in image.references {
                try await add(pulled, as: reference, proven)
            }
            imported.append(
                ImportedImage(id: pulled.id, names: image.references.map(\.description)))
        }
        return imported
    }

    private func add(
        _ pulled: PulledImage, as reference: Reference, _ proven: [String]
    ) async throws {
        let digests = pulled.digest.map { ["\($0)"] } ?? proven
        if reference.tagged == nil, let named = reference.digest?.description,
            !digests.contains(named)
        {
            throw GantryError(
                .dataLoss, "nothing says that \(reference) is the image \(pulled.id)")
        }
        let record = ImageRecord(pulled)
        if digests.isEmpty {
            return try await node.images.add(record, tag: reference.tagged, digest: nil)
        }
        for digest in digests {
            try await node.images.add(
                record, tag: reference.tagged, digest: "\(reference.repository)@\(digest)")
        }
    }
}
