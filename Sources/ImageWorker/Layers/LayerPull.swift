internal import Archive
internal import ImageProtocol
internal import Model
internal import System

/// One layer from where it is into a staging directory.
struct LayerPull: Sendable {
    let source: any ContentSource
    let part: LayerPart
    let resources: PullResources
    let report: @Sendable (UInt64) -> Void

    private var content: Content { part.content }

    /// - Parameter directory: empty.
    func run(into directory: String) async throws -> UnpackedLayer {
        let unpacked =
            switch part.form {
            case .tar: try await unpack(into: directory)
            case .file(let name): try await copy(to: name, in: directory)
            }
        try check(unpacked.diffID)
        return unpacked
    }

    private func check(_ diffID: Digest) throws(GantryError) {
        if let wanted = part.diffID, diffID != wanted {
            throw GantryError(
                .dataLoss,
                "layer \(content.digest) unpacks to \(diffID), the image says \(wanted)")
        }
    }

    /// Leaves the layer a tar.
    /// - Parameter file: empty.
    func keep(in file: OpenFile) async throws -> LayerStream.Tar {
        guard case .tar = part.form else {
            throw GantryError(.internal, "layer \(content.digest) is no tar")
        }
        let tar = try await pass { try $0.keep(in: file.descriptor) }
        try check(tar.diffID)
        return tar
    }

    private func unpack(into directory: String) async throws -> UnpackedLayer {
        try await pass { [privileges = resources.privileges] in
            try $0.unpack(into: directory, privileges)
        }
    }

    /// Two threads, one that downloads and inflates and one that takes what comes; a failure of either,
    /// or the task's cancellation, ends both.
    private func pass<Result: Sendable>(
        _ take: @escaping @Sendable (LayerStream) throws -> Result
    ) async throws -> Result {
        let stream = LayerStream(
            digest: content.digest, size: content.size, limits: resources.limits)
        return try await withTaskCancellationHandler {
            async let download: Void = download(into: stream)
            let result = try await Blocking.run { try take(stream) }
            try await download
            return result
        } onCancel: {
            stream.fail(CancellationError())
        }
    }

    private func download(into stream: LayerStream) async throws {
        do {
            try await source.fetch(content, into: stream, resources, report)
            try await Blocking.run { try stream.finish() }
        } catch {
            stream.fail(error)
            throw error
        }
    }

    private func copy(to name: String, in directory: String) async throws -> UnpackedLayer {
        let file = try await Blocking.run { [content, resources] in
            try FileStream(
                digest: content.digest, size: content.size, to: name, in: directory,
                limits: resources.limits)
        }
        try await source.fetch(content, into: file, resources, report)
        return try await Blocking.run { [privileges = resources.privileges] in
            try file.finish(privileges)
        }
    }
}
