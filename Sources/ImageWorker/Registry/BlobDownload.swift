internal import Archive
internal import ImageProtocol
internal import Model
internal import Synchronization
internal import System

/// One blob from a registry.
struct BlobDownload: Sendable {
    let session: RegistrySession
    let content: Content
    let resources: PullResources
    let report: @Sendable (UInt64) -> Void

    private var longLayers: LongLayers { resources.longLayers }

    /// Over one connection, and a long layer in ranges when that is slow.
    func run(into stream: any ContentSink) async throws {
        let isLong = content.size >= longLayers.threshold
        do {
            return try await fetch(into: stream, isLong ? LineTrial(longLayers) : nil)
        } catch is SlowLine {}
        do {
            defer { resources.rangesPlace.leave() }
            return try await RangedDownload(
                session: session, content: content, settings: longLayers, report: report
            ).run(into: stream)
        } catch is RangedDownload.Ignored {}
        try await fetch(into: stream, nil)
    }

    private func fetch(into stream: any ContentSink, _ trial: LineTrial?) async throws {
        try await Resuming.run({ stream.received }) { start in
            try await fetch(from: start, into: stream, trial)
        }
    }

    private func fetch(
        from start: UInt64, into stream: any ContentSink, _ trial: LineTrial?
    ) async throws {
        if start == content.size { return }
        let wanted = start..<content.size
        let repeated = Mutex(start)
        _ = try await session.get(
            "blobs/\(content.digest)", start == 0 ? [] : ["Range: bytes=\(start)-"],
            .stream { head, bytes in
                if head.status == 206 { try head.check(wanted, of: content) }
                // A server that ignores the range sends once more what is here already.
                let known = head.status == 206 ? 0 : repeated.withLock { $0.take(bytes.byteCount) }
                let isSlow = try trial.isSlow(taking: bytes.byteCount) {
                    try stream.write(bytes.extracting(droppingFirst: known))
                }
                report(stream.received)
                if isSlow, head.acceptsRanges, isWorthRanges(stream), resources.rangesPlace.take() {
                    throw SlowLine()
                }
            })
    }

    /// Whether enough is left to fill the window.
    private func isWorthRanges(_ stream: any ContentSink) -> Bool {
        let window = UInt64(longLayers.rangesAtOnce) * longLayers.rangeLength
        return content.size - stream.received > window
    }
}

/// Ends a transfer that is to go on in ranges; the place for them is taken.
private struct SlowLine: Error {}

extension LineTrial? {
    fileprivate func isSlow(taking count: Int, _ body: () throws -> Void) throws -> Bool {
        guard let self else {
            try body()
            return false
        }
        return try self.isSlow(taking: count, body)
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
