internal import CLinux
internal import Glibc
public import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// An image of the node, for a file or a registry.
public struct StoredImage: Sendable {
    /// Its configuration.
    let document: [UInt8]
    /// The lowest first.
    let chains: [String]

    public init(document: [UInt8], chains: [String]) {
        self.document = document
        self.chains = chains
    }
}

/// The tars of an image's layers, in a process that handles images.
///
/// Where layers are kept as tars, these are what the image's configuration names. Where they are unpacked,
/// their files are packed anew, which gives other tars, and so the image another ID.
struct ImageExport: Sendable {
    let image: StoredImage
    /// Nil for plain tars.
    let compression: BlobCompression?
    let resources: PullResources
    let worker: ImageWorker

    /// Hands all tars over.
    /// - Throws: `GantryError` (`failedPrecondition`) when a layer is not there; `SystemError`.
    func prepare() async throws -> StoredLayers {
        var layers: [StoredLayers.Layer] = []
        for chain in image.chains {
            let (tar, diffID) = try await tar(of: chain)
            try await worker.know(chain, tar: tar)
            let layer = StoredLayers.Layer(chain: chain, diffID: diffID)
            if let compression { try await compress(layer, as: compression) }
            layers.append(layer)
        }
        return StoredLayers(document: image.document, layers: layers)
    }

    private func compress(
        _ layer: StoredLayers.Layer, as compression: BlobCompression
    ) async throws {
        let file = try await Blocking.run { [resources] in
            OpenFile(try resources.layers.namelessFile())
        }
        try await worker.compress(layer, as: compression, in: file)
    }

    private func tar(of chain: String) async throws -> (OpenFile, Digest) {
        let layers = resources.layers
        if let kept = layers.forms(chain).tar {
            let tar = try await Blocking.run {
                OpenFile(
                    try Files.open(layers.tar(of: chain), O_RDONLY | GANTRY_O_NOFOLLOW))
            }
            return (tar, try Digest(parsing: kept.diffID))
        }
        guard layers.contains(chain) else {
            throw GantryError(.failedPrecondition, "layer \(chain) is not here")
        }
        let (tree, packed) = try await Blocking.run {
            (
                try OpenFile(apart: layers.path(of: chain), isReadOnly: true),
                OpenFile(try layers.namelessFile())
            )
        }
        try await worker.know(chain, [tree])
        let limit = resources.settings.limits.bytes
        return (packed, try await worker.pack(chain, limit: limit, in: packed))
    }
}

extension Puller {
    /// Writes an image into an empty file, as an OCI layout in a tar that docker reads as well.
    /// - Parameters:
    ///   - names: whole names with tags; may be none.
    ///   - compression: of its layers; nil for plain tars.
    /// - Throws: `GantryError`: `failedPrecondition`, `dataLoss` for a layer that was damaged; `SystemError`.
    public func export(
        _ image: StoredImage, names: [String], _ compression: BlobCompression?, to file: OpenFile
    ) async throws -> WrittenImage {
        try await withTars(of: image, compression) { stored, worker in
            try await worker.export(stored, names: names, to: file)
        }
    }

    /// Pushes an image to the registry that the reference names, and to no mirror of it, with the node's
    /// own credentials.
    /// - Throws: as `export`, and what the registry says, as `pull` has it.
    public func push(
        _ image: StoredImage, _ compression: BlobCompression?, to reference: Reference
    ) async throws -> WrittenImage {
        let registries = current
        let endpoints = try await Blocking.run {
            try registries.endpoints(for: reference).filter {
                !$0.isMirror && $0.capabilities.contains(.push)
            }
        }
        return try await withTars(of: image, compression) { stored, worker in
            var failures = EndpointFailures(reference, "push")
            for endpoint in endpoints where failures.mayStillHelp(endpoint) {
                do {
                    var trusted = endpoint
                    trusted.trust = try await Blocking.run { try endpoint.trust.loaded() }
                    let request = PushRequest(
                        reference: reference, endpoint: trusted,
                        credentials: registries.credentials(for: endpoint, given: .none),
                        image: stored, settings: resources.settings)
                    return try await worker.push(request)
                } catch let error as CancellationError {
                    throw error
                } catch let error as WorkerEnd {
                    throw error
                } catch {
                    try Task.checkCancellation()
                    failures.add(endpoint, error)
                }
            }
            throw failures.error
        }
    }

    private func withTars<Result: Sendable>(
        of image: StoredImage, _ compression: BlobCompression?,
        _ body: @Sendable (StoredLayers, ImageWorker) async throws -> Result
    ) async throws -> Result {
        let hold = resources.layers.hold(image.chains)
        defer { withExtendedLifetime(hold) {} }
        do {
            return try await resources.workers.lease { [resources] worker in
                let export = ImageExport(
                    image: image, compression: compression, resources: resources, worker: worker)
                return try await body(try await export.prepare(), worker)
            }
        } catch let error as WorkerEnd {
            throw GantryError(.unavailable, "\(error)")
        }
    }
}
