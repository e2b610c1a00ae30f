internal import Archive
internal import Model
internal import Synchronization
internal import System

/// One layer from the registry into a staging directory.
struct LayerPull: Sendable {
    let session: RegistrySession
    let content: Content
    let diffID: Digest
    let chain: String
    let limits: LayerLimits
    let privileges: Privileges
    let report: @Sendable (UInt64) -> Void

    private static let mostAttempts = 4

    /// Two threads, one that downloads and inflates and one that unpacks; a failure of either, or the
    /// task's cancellation, ends both.
    func run(into staged: StagedLayer) async throws {
        let stream = LayerStream(digest: content.digest, size: content.size, limits: limits)
        let unpacked = try await withTaskCancellationHandler {
            async let download: Void = download(into: stream)
            let unpacked = try await Blocking.run { [privileges] in
                try stream.unpack(into: staged.diff, privileges)
            }
            try await download
            return unpacked
        } onCancel: {
            stream.fail(CancellationError())
        }
        guard unpacked.diffID == diffID else {
            throw GantryError(
                .dataLoss,
                "layer \(content.digest) unpacks to \(unpacked.diffID), the image says \(diffID)")
        }
        failpoint("PullImage/layer unpacked")
        staged.finish(chain, unpacked)
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
    private func fetch(into stream: LayerStream) async throws {
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

    private func fetch(from start: UInt64, into stream: LayerStream) async throws {
        if start == content.size { return }
        let repeated = Mutex(start)
        let headers = start == 0 ? [] : ["Range: bytes=\(start)-"]
        _ = try await session.get(
            "blobs/\(content.digest)", headers,
            .stream { status, bytes in
                // A server that ignores the range sends once more what is here already.
                let known = status == 206 ? 0 : repeated.withLock { $0.take(bytes.byteCount) }
                try stream.write(bytes.extracting(droppingFirst: known))
                report(stream.received)
            })
    }
}

extension UInt64 {
    /// Takes away up to `count`; returns how much that was.
    fileprivate mutating func take(_ count: Int) -> Int {
        let taken = Swift.min(self, UInt64(count))
        self -= taken
        return Int(taken)
    }
}
