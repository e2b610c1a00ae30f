internal import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// An answer of another kind than the request wants is as bad as none.
extension ImageWorker {
    private static func unexpected(_ answer: ImageAnswer) -> GantryError {
        GantryError(.internal, "gantry-images answered something else than it was asked")
    }

    func resolve(_ request: ResolveRequest, lookaside: OpenFile?) async throws -> ImageDescription {
        let image = try await image(
            try await ask(.resolve(request), lookaside.map { [$0] } ?? []))
        guard image.verified.allSatisfy({ request.requirements.indices.contains($0.number) })
        else {
            throw GantryError(.internal, "gantry-images verified what no policy asks for")
        }
        return image
    }

    func open(
        _ request: ArchiveRequest, _ archive: OpenFile, scratch: OpenFile
    ) async throws -> [[Reference]] {
        let answer = try await ask(.openArchive(request), [archive, scratch])
        guard case .archive(let images) = answer else { throw Self.unexpected(answer) }
        return images
    }

    func choose(_ number: Int) async throws -> ImageDescription {
        try await image(try await ask(.chooseImage(number)))
    }

    private func image(_ answer: ImageAnswer) async throws -> ImageDescription {
        guard case .resolved(let image) = answer else { throw Self.unexpected(answer) }
        // The document is kept under this name, and is what a restarted daemon reads.
        guard Digest.sha256(of: image.document) == image.id else {
            throw GantryError(.internal, "gantry-images gave an image another ID than its own")
        }
        return image
    }

    func unpack(
        _ layer: Int, into staged: StagedLayer, watch: @escaping @Sendable (UInt64) -> Void
    ) async throws -> UnpackedDescription {
        let files = try await Blocking.run { try staged.filesForWork() }
        let answer = try await ask(.unpack(layer: layer), files, watch: watch)
        guard case .unpacked(let description) = answer else { throw Self.unexpected(answer) }
        return description
    }

    /// Has a layer fetched as a tar.
    func keep(
        _ layer: Int, in staged: StagedLayer, watch: @escaping @Sendable (UInt64) -> Void
    ) async throws -> UnpackedDescription {
        let file = try await Blocking.run { try staged.tarForWork() }
        let answer = try await ask(.keep(layer: layer), [file], watch: watch)
        guard case .unpacked(let description) = answer else { throw Self.unexpected(answer) }
        return description
    }

    func know(_ chain: String, tar: OpenFile) async throws {
        let answer = try await ask(.knowTar(chain: chain), [tar])
        guard case .done = answer else { throw Self.unexpected(answer) }
    }

    func index(_ chains: [String], in file: OpenFile) async throws -> IndexDescription {
        let answer = try await ask(.index(chains: chains), [file])
        guard case .indexed(let description) = answer else { throw Self.unexpected(answer) }
        return description
    }

    func know(_ chain: String, _ files: [OpenFile]) async throws {
        let answer = try await ask(.know(chain: chain), files)
        guard case .done = answer else { throw Self.unexpected(answer) }
    }

    func fit(_ chain: String, onto below: [String]) async throws -> FittedDescription {
        let answer = try await ask(.fit(chain: chain, below: below))
        guard case .fitted(let layer) = answer else { throw Self.unexpected(answer) }
        return layer
    }

    func pack(_ chain: String, limit: UInt64, in file: OpenFile) async throws -> Digest {
        let answer = try await ask(.pack(chain: chain, limit: limit), [file])
        guard case .packed(let digest) = answer else { throw Self.unexpected(answer) }
        return digest
    }

    func compress(
        _ layer: StoredLayers.Layer, as compression: BlobCompression, in file: OpenFile
    ) async throws {
        let answer = try await ask(.compress(layer, compression), [file])
        guard case .done = answer else { throw Self.unexpected(answer) }
    }

    func export(
        _ image: StoredLayers, names: [String], to file: OpenFile
    ) async throws -> WrittenImage {
        let answer = try await ask(.export(image, names: names), [file])
        guard case .written(let image) = answer else { throw Self.unexpected(answer) }
        return image
    }

    func push(_ request: PushRequest) async throws -> WrittenImage {
        let answer = try await ask(.push(request))
        guard case .written(let image) = answer else { throw Self.unexpected(answer) }
        return image
    }

    func packCheckpoint(_ files: [OpenFile]) async throws {
        let answer = try await ask(.packCheckpoint, files)
        guard case .done = answer else { throw Self.unexpected(answer) }
    }

    func measure(_ directory: String) async throws -> UInt64 {
        let opened = try await Blocking.run {
            try OpenFile(apart: directory, isReadOnly: true)
        }
        let answer = try await ask(.measure, [opened])
        guard case .measured(let sum) = answer else { throw Self.unexpected(answer) }
        return sum
    }

    func checkKeys(_ requirements: [SignatureRequirement]) async throws {
        let answer = try await ask(.checkKeys(requirements))
        guard case .done = answer else { throw Self.unexpected(answer) }
    }

    func forget() async throws {
        let answer = try await ask(.forget)
        guard case .done = answer else { throw Self.unexpected(answer) }
    }
}
