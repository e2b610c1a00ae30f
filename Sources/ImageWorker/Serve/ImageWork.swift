internal import Archive
internal import ImageProtocol
internal import ImageTree
internal import Kernel
internal import Model
internal import Synchronization
internal import System

/// One image at a time: what is known of it between the daemon's requests.
final class ImageWork: Sendable {
    private struct State {
        var image: Image?
        var archived: [ArchivedImage] = []
        var settings = FetchSettings()
        var client: HTTPClient?
        /// The directories of layers, by chain ID.
        var layers: [String: StagedDirectory] = [:]
        /// Their tars, where these are kept.
        var tars: [String: OpenFile] = [:]
        /// What stands for some of them.
        var compressed: [String: LayerBlob] = [:]
    }

    private struct Image {
        let source: any ContentSource
        let layers: [LayerPart]
        let resources: PullResources
    }

    let privileges: Privileges
    private let tokens = TokenCache()
    private let state = Mutex(State())

    init(_ privileges: Privileges) {
        self.privileges = privileges
    }

    func run(
        _ request: ImageRequest, _ descriptors: [OpenFile],
        _ report: @escaping @Sendable (UInt64) -> Void
    ) async throws -> ImageAnswer {
        switch request {
        case .resolve(let request): return try await resolve(request, descriptors.first)
        case .openArchive(let request): return try await open(request, descriptors)
        case .chooseImage(let number): return try await choose(number)
        case .unpack(let layer):
            return .unpacked(try await unpack(layer, StagedDirectory(descriptors), report))
        case .know(let chain):
            let directory = try StagedDirectory(descriptors)
            state.withLock { $0.layers[chain] = directory }
            return .done
        case .fit(let chain, let below): return try await fit(chain, below)
        case .keep(let layer):
            return .unpacked(try await keep(layer, Self.only(descriptors), report))
        case .knowTar(let chain):
            let tar = try Self.only(descriptors)
            state.withLock { $0.tars[chain] = tar }
            return .done
        case .index(let chains): return try await index(chains, Self.only(descriptors))
        case .pack(let chain, let limit):
            return .packed(try await pack(chain, limit, Self.only(descriptors)))
        case .compress(let layer, let compression):
            try await compress(layer, compression, Self.only(descriptors))
            return .done
        case .export(let image, let names):
            return .written(try await export(image, names, Self.only(descriptors)))
        case .push(let request): return .written(try await push(request))
        case .packCheckpoint:
            try await packCheckpoint(descriptors)
            return .done
        case .measure:
            let directory = try StagedDirectory(descriptors)
            return .measured(try await Blocking.run { try directory.measure() })
        case .checkKeys(let requirements):
            for requirement in requirements { try requirement.checkKeys("the policy") }
            return .done
        case .forget, .cancel:
            state.withLock { $0 = State() }
            return .done
        }
    }

    private func resolve(
        _ request: ResolveRequest, _ lookaside: OpenFile?
    ) async throws -> ImageAnswer {
        let client = state.withLock { state in
            let client = state.client ?? HTTPClient(request.settings.patience)
            state.client = client
            return client
        }
        let session = RegistrySession(client, request.endpoint, request.credentials, tokens)
        let resolver = ImageResolver(source: session, platform: .current)
        let resolved = try await resolver.resolve(request.reference)
        let verified = try await SignatureCheck(
            requirements: request.requirements, policy: request.policy, session: session,
            beside: SimpleSignatures(
                lookaside: request.lookaside, directory: lookaside, client: client)
        ).run(request.reference, resolved)
        return take(up: resolved, verified, session, request.settings)
    }

    private func open(
        _ request: ArchiveRequest, _ descriptors: [OpenFile]
    ) async throws -> ImageAnswer {
        guard descriptors.count == 2 else {
            throw GantryError(.internal, "a descriptor is missing")
        }
        let files = try await ArchiveFiles.open(
            descriptors[0], isDirectory: request.isDirectory, scratch: descriptors[1],
            limit: request.settings.limits.bytes)
        let images = try await files.images(named: request.name)
        state.withLock { state in
            state.archived = images
            state.settings = request.settings
        }
        return .archive(images.map(\.references))
    }

    private func choose(_ number: Int) async throws -> ImageAnswer {
        let (archived, settings) = state.withLock { ($0.archived, $0.settings) }
        guard archived.indices.contains(number) else {
            throw GantryError(.internal, "the archive has no image \(number)")
        }
        let image = archived[number]
        return take(up: try await image.resolve(.current), [], image.content, settings)
    }

    private func take(
        up resolved: ImageResolver.Resolved, _ verified: [VerifiedRequirement],
        _ source: any ContentSource, _ settings: FetchSettings
    ) -> ImageAnswer {
        let image = Image(
            source: source, layers: resolved.layers,
            resources: PullResources(
                limits: settings.limits, longLayers: settings.longLayers, privileges: privileges))
        state.withLock { $0.image = image }
        return .resolved(resolved.description(verified))
    }

    private func unpack(
        _ number: Int, _ layer: StagedDirectory,
        _ report: @escaping @Sendable (UInt64) -> Void
    ) async throws -> UnpackedDescription {
        guard let image = state.withLock({ $0.image }), image.layers.indices.contains(number)
        else { throw GantryError(.internal, "there is no layer \(number)") }
        let part = image.layers[number]
        let pull = LayerPull(
            source: image.source, part: part, resources: image.resources, report: report)
        let unpacked = try await pull.run(into: layer.files)
        try await Blocking.run { try layer.write(unpacked) }
        state.withLock { $0.layers[part.chain] = layer }
        return UnpackedDescription(
            diffID: unpacked.diffID, bytes: unpacked.bytes, inodes: unpacked.inodes,
            contents: unpacked.contents.value)
    }

    private static func only(_ descriptors: [OpenFile]) throws(GantryError) -> OpenFile {
        guard let first = descriptors.first else {
            throw GantryError(.internal, "a descriptor is missing")
        }
        return first
    }

    private func keep(
        _ number: Int, _ file: OpenFile, _ report: @escaping @Sendable (UInt64) -> Void
    ) async throws -> UnpackedDescription {
        guard let image = state.withLock({ $0.image }), image.layers.indices.contains(number)
        else { throw GantryError(.internal, "there is no layer \(number)") }
        let pull = LayerPull(
            source: image.source, part: image.layers[number], resources: image.resources,
            report: report)
        let tar = try await pull.keep(in: file)
        return UnpackedDescription(diffID: tar.diffID, bytes: tar.size, inodes: 1, contents: nil)
    }

    private func index(_ chains: [String], _ file: OpenFile) async throws -> ImageAnswer {
        let (known, image) = state.withLock { ($0.tars, $0.image) }
        let layers = try chains.map { chain in
            guard let tar = known[chain] else {
                throw GantryError(.internal, "the tar of layer \(chain) is missing")
            }
            return (chain: chain, tar: tar)
        }
        let index = ImageIndex(layers: layers, limits: image?.resources.limits ?? LayerLimits())
        let isCancelled = Flag()
        return try await withTaskCancellationHandler {
            try await Blocking.run {
                .indexed(try index.write(to: file) { isCancelled.isSet })
            }
        } onCancel: {
            isCancelled.set()
        }
    }

    private func pack(_ chain: String, _ limit: UInt64, _ file: OpenFile) async throws -> Digest {
        guard let layer = state.withLock({ $0.layers[chain] }) else {
            throw GantryError(.internal, "the directory of layer \(chain) is missing")
        }
        return try await Self.cancellable { [privileges] isCancelled in
            defer { withExtendedLifetime(layer) {} }
            return try TreeTar.write(
                layer.files, to: file.descriptor, limit: limit, privileges,
                isCancelled: isCancelled
            ).digest
        }
    }

    private func export(
        _ image: StoredLayers, _ names: [String], _ file: OpenFile
    ) async throws -> WrittenImage {
        let manifest = try NewManifest(image.document, try image.layers.map(blob))
        return try await Self.cancellable { isCancelled in
            try LayoutWriter(image: manifest)
                .write(to: file.descriptor, names: names, isCancelled: isCancelled)
        }
    }

    private func push(_ request: PushRequest) async throws -> WrittenImage {
        let client = HTTPClient(request.settings.patience)
        let session = RegistrySession(client, request.endpoint, request.credentials, tokens)
        let image = try NewManifest(request.image.document, try request.image.layers.map(blob))
        return try await ImagePush(session: session, image: image).run(as: request.reference)
    }

    private func compress(
        _ layer: StoredLayers.Layer, _ compression: BlobCompression, _ file: OpenFile
    ) async throws {
        let plain = try blob(layer)
        let digest = try await Self.cancellable { isCancelled in
            try CompressedCopy.write(
                plain.content, layer.diffID, as: compression, to: file.descriptor,
                isCancelled: isCancelled)
        }
        let blob = LayerBlob(
            diffID: layer.diffID, compression: compression, digest: digest,
            content: try Self.part(file, layer))
        state.withLock { state in
            state.compressed[layer.chain] = blob
            // It takes no more room.
            state.tars[layer.chain] = nil
        }
    }

    private func blob(_ layer: StoredLayers.Layer) throws -> LayerBlob {
        let (compressed, tar) = state.withLock {
            ($0.compressed[layer.chain], $0.tars[layer.chain])
        }
        if let compressed { return compressed }
        guard let tar else {
            throw GantryError(.internal, "the tar of layer \(layer.chain) is missing")
        }
        return LayerBlob(
            diffID: layer.diffID, compression: nil, digest: layer.diffID,
            content: try Self.part(tar, layer))
    }

    private static func part(_ file: OpenFile, _ layer: StoredLayers.Layer) throws -> FilePart {
        try FilePart(whole: try file.descriptor.duplicate(), "layer \(layer.chain)")
    }

    /// Runs what blocks, which asks now and then whether it is to go on.
    static func cancellable<Result: Sendable>(
        _ body: @escaping @Sendable (() -> Bool) throws -> Result
    ) async throws -> Result {
        let isCancelled = Flag()
        return try await withTaskCancellationHandler {
            try await Blocking.run { try body { isCancelled.isSet } }
        } onCancel: {
            isCancelled.set()
        }
    }

    private func fit(_ chain: String, _ below: [String]) async throws -> ImageAnswer {
        let (known, image) = state.withLock { ($0.layers, $0.image) }
        let layers = try ([chain] + below).map { chain in
            guard let layer = known[chain] else {
                throw GantryError(.internal, "the directory of layer \(chain) is missing")
            }
            return layer
        }
        let limits = image?.resources.limits ?? LayerLimits()
        let isCancelled = Flag()
        return try await withTaskCancellationHandler {
            try await Blocking.run { [privileges] in
                defer { withExtendedLifetime(layers) {} }
                let fitted = try layers[0].read(privileges, limits).fit(
                    in: layers[0].files, onto: layers.dropFirst().map { LayerPlace($0.files) }
                ) { isCancelled.isSet }
                return .fitted(
                    FittedDescription(bytes: fitted.bytes, contents: fitted.contents.value))
            }
        } onCancel: {
            isCancelled.set()
        }
    }
}
