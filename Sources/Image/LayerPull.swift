internal import Archive
internal import Model
internal import System

/// One layer from where it is into a staging directory.
struct LayerPull: Sendable {
    let source: any ContentSource
    let part: LayerPart
    let limits: LayerLimits
    let privileges: Privileges
    let report: @Sendable (UInt64) -> Void

    private static let mostAttempts = 4

    private var content: Content { part.content }

    func run(into staged: StagedLayer) async throws {
        let unpacked =
            switch part.form {
            case .tar: try await unpack(into: staged)
            case .file(let name): try await copy(to: name, in: staged)
            }
        if let diffID = part.diffID, unpacked.diffID != diffID {
            throw GantryError(
                .dataLoss,
                "layer \(content.digest) unpacks to \(unpacked.diffID), the image says \(diffID)")
        }
        staged.finish(part.chain, unpacked)
    }

    /// Two threads, one that downloads and inflates and one that unpacks; a failure of either, or the
    /// task's cancellation, ends both.
    private func unpack(into staged: StagedLayer) async throws -> UnpackedLayer {
        let stream = LayerStream(digest: content.digest, size: content.size, limits: limits)
        return try await withTaskCancellationHandler {
            async let download: Void = download(into: stream)
            let unpacked = try await Blocking.run { [privileges] in
                try stream.unpack(into: staged.diff, privileges)
            }
            try await download
            return unpacked
        } onCancel: {
            stream.fail(CancellationError())
        }
    }

    private func copy(to name: String, in staged: StagedLayer) async throws -> UnpackedLayer {
        let file = try await Blocking.run { [content, limits] in
            try FileStream(
                digest: content.digest, size: content.size, to: name, in: staged.diff,
                limits: limits)
        }
        try await fetch(into: file)
        return try await Blocking.run { [privileges] in try file.finish(privileges) }
    }

    private func download(into stream: LayerStream) async throws {
        do {
            try await fetch(into: stream)
            try await Blocking.run { try stream.finish() }
        } catch {
            stream.fail(error)
            throw error
        }
    }

    /// A broken connection is taken up where it broke; attempts count only while nothing comes.
    private func fetch(into stream: any ContentSink) async throws {
        var attempts = 0
        while true {
            let start = stream.received
            do {
                return try await fetch(from: start, into: stream)
            } catch let error as TransferError {
                attempts = stream.received > start ? 1 : attempts + 1
                if attempts >= Self.mostAttempts { throw error }
                try await Task.sleep(for: .milliseconds(250 << attempts))
            }
        }
    }

    private func fetch(from start: UInt64, into stream: any ContentSink) async throws {
        if start == content.size { return }
        try await source.stream(content, from: start) { bytes in
            try stream.write(bytes)
            report(stream.received)
        }
    }
}
