internal import Archive
internal import ImageProtocol
internal import Kernel
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
        let isWhole = Flag()
        try await Resuming.run({ stream.received }) { start in
            if start == content.size { return }
            if start > 0, !isWhole.isSet {
                do {
                    return try await fetch(from: start, into: stream, trial)
                } catch is RangeRefused {
                    isWhole.set()
                }
            }
            try await fetch(from: 0, into: stream, trial)
        }
    }

    /// - Throws: `RangeRefused` when the registry does not give the rest by itself.
    private func fetch(
        from start: UInt64, into stream: any ContentSink, _ trial: LineTrial?
    ) async throws {
        let wanted = start..<content.size
        // A server that sends the whole sends once more what is here already.
        let repeated = Mutex(stream.received)
        let response = try await session.get(
            "blobs/\(content.digest)", start == 0 ? [] : ["Range: bytes=\(start)-"],
            .stream { head, bytes in
                if head.status == 206 {
                    do { try head.check(wanted, of: content) } catch {
                        throw start == 0 ? error : RangeRefused()
                    }
                }
                let known = head.status == 206 ? 0 : repeated.withLock { $0.take(bytes.byteCount) }
                let isSlow = try trial.isSlow(taking: bytes.byteCount) {
                    try stream.write(bytes.extracting(droppingFirst: known))
                }
                report(stream.received)
                if isSlow, head.acceptsRanges, isWorthRanges(stream), resources.rangesPlace.take() {
                    throw SlowLine()
                }
            }, isChecked: true, tolerated: start == 0 ? [] : RangeRefused.statuses)
        if !response.isSuccess { throw RangeRefused() }
    }

    /// Whether enough is left to fill the window.
    private func isWorthRanges(_ stream: any ContentSink) -> Bool {
        let window = longLayers.rangeLength.times(UInt64(clamping: longLayers.rangesAtOnce))
        return content.size.minus(stream.received) > window
    }
}

/// A registry, or its storage, that answers no request for a part: it is asked for the whole.
struct RangeRefused: Error {
    /// Signed addresses may allow no further header, and the blob may be one that has another size.
    static let statuses: Set = [400, 403, 416]
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
