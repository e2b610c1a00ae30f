internal import CLinux
internal import Glibc
internal import Image
internal import ImageProtocol
internal import Kernel
internal import Model
internal import Store
internal import System
internal import Text

/// Writes an image into a new file of the node. It is there whole or not at all.
struct ExportImage: RPC {
    let node: Node

    func respond(to request: ExportImageRequest) async throws -> ExportImageResponse {
        let image = try node.images.get(request.image)
        try image.requireExportable()
        let compression = try BlobCompression(named: request.compression)
        let path = request.path
        guard path.begins(with: "/") else {
            throw GantryError(.invalidArgument, "the path \"\(path)\" is not absolute")
        }
        let temporary = "\(path).\(UInt64.random(in: .min ... .max)).partial"
        do {
            let file = try await Blocking.run { try Self.create(temporary, insteadOf: path) }
            let written = try await node.puller.export(
                image.stored, names: image.message.repoTags, compression, to: file)
            try await Blocking.run {
                try syscall("fsync", path) { fsync(file.raw) }
                try Self.refuse(path)
                try syscall("rename", path) { rename(temporary, path) }
            }
            return ExportImageResponse(
                id: written.id.description, manifestDigest: written.manifest.description,
                image: image.id)
        } catch {
            try? await Blocking.run { try Files.remove(temporary) }
            if error is CancellationError { throw error }
            throw GantryError("export \(request.image) to \(path)", from: error)
        }
    }

    private static func refuse(_ path: String) throws(GantryError) {
        guard Files.exists(path) else { return }
        throw GantryError(.alreadyExists, "it is there already")
    }

    private static func create(_ temporary: String, insteadOf path: String) throws -> OpenFile {
        try refuse(path)
        let flags = O_RDWR | O_CREAT | O_EXCL | GANTRY_O_NOFOLLOW
        return OpenFile(try Files.open(temporary, flags, mode: 0o600))
    }
}

/// Sends an image to a registry, with the node's own credentials.
struct PushImage: RPC {
    let node: Node

    func respond(to request: PushImageRequest) async throws -> PushImageResponse {
        let image = try node.images.get(request.image)
        try image.requireExportable()
        let compression = try BlobCompression(named: request.compression)
        let destination = try Reference.parse(request.destination)
        guard let name = destination.tagged else {
            throw GantryError(
                .invalidArgument, "\(request.destination): an image is pushed to a tag")
        }
        node.puller.use(try await Blocking.run { [node] in try node.registries() })
        let pushed = try await node.puller.push(image.stored, compression, to: destination)
        return PushImageResponse(
            id: pushed.id.description, manifestDigest: pushed.manifest.description,
            image: image.id, name: name)
    }
}

extension BlobCompression {
    /// - Returns: nil for none.
    fileprivate init?(named name: String) throws(GantryError) {
        if name.isEmpty { return nil }
        guard let known = Self.allCases.first(where: { $0.name == name }) else {
            throw GantryError(.invalidArgument, "the compression \"\(name)\" is unknown")
        }
        self = known
    }
}

extension ImageRecord {
    fileprivate var stored: StoredImage {
        StoredImage(document: document, chains: layers.map(\.chain))
    }

    /// The files of an artifact are not kept as the registry had them.
    fileprivate func requireExportable() throws(GantryError) {
        guard let artifactType else { return }
        throw GantryError(
            .unimplemented,
            "image: \(id) is an artifact (\(artifactType)), of which only files are kept")
    }
}
