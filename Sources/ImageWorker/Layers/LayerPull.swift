internal import Archive
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
        if let diffID = part.diffID, unpacked.diffID != diffID {
            throw GantryError(
                .dataLoss,
                "layer \(content.digest) unpacks to \(unpacked.diffID), the image says \(diffID)")
        }
        return unpacked
    }

    /// Two threads, one that downloads and inflates and one that unpacks; a failure of either, or the
    /// task's cancellation, ends both.
    private func unpack(into directory: String) async throws -> UnpackedLayer {
        let stream = LayerStream(
            digest: content.digest, size: content.size, limits: resources.limits)
        return try await withTaskCancellationHandler {
            async let download: Void = download(into: stream)
            let unpacked = try await Blocking.run { [privileges = resources.privileges] in
                try stream.unpack(into: directory, privileges)
            }
            try await download
            return unpacked
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
