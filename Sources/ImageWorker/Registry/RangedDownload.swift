internal import Archive
internal import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// The rest of a layer, fetched as several ranges at once and handed on in their order.
struct RangedDownload: Sendable {
    let session: RegistrySession
    let content: Content
    let settings: LongLayers
    let report: @Sendable (UInt64) -> Void

    /// The registry sends the whole where a range was asked for, as it may.
    struct Ignored: Error {}

    /// A range is asked for only when an earlier one has been handed on, which bounds the memory.
    /// - Throws: `Ignored`; else as `RegistrySession.get` and `ContentSink.write`, and `dataLoss` for
    ///   a registry that answers with other bytes.
    func run(into stream: any ContentSink) async throws {
        var position = stream.received
        let step = Int(clamping: settings.rangeLength)
        var starts = stride(from: position, to: content.size, by: step).makeIterator()
        try await withThrowingTaskGroup(of: RangeBuffer.self) { group in
            for _ in 0..<settings.rangesAtOnce {
                if let start = starts.next() { group.addTask { try await range(at: start) } }
            }
            var early: [UInt64: RangeBuffer] = [:]
            while try await Self.take(from: &group, into: &early) {
                while let end = try await handOn(early.removeValue(forKey: position), to: stream) {
                    position = end
                    if let start = starts.next() { group.addTask { try await range(at: start) } }
                }
            }
        }
    }

    private static func take(
        from group: inout ThrowingTaskGroup<RangeBuffer, any Error>,
        into early: inout [UInt64: RangeBuffer]
    ) async throws -> Bool {
        guard let buffer = try await group.next() else { return false }
        early[buffer.start] = buffer
        return true
    }

    /// - Returns: where the next range begins; nil when this one is not there yet.
    private func handOn(_ buffer: RangeBuffer?, to stream: any ContentSink) async throws -> UInt64?
    {
        guard let buffer else { return nil }
        try await Blocking.run { try buffer.withBytes { try stream.write($0.bytes) } }
        report(buffer.end)
        return buffer.end
    }

    private func range(at start: UInt64) async throws -> RangeBuffer {
        let end = min(start.plus(settings.rangeLength), content.size)
        let buffer = try RangeBuffer(start..<end)
        while buffer.end < end {
            let before = buffer.end
            try await Resuming.run({ buffer.end }) { try await fill(buffer, $0..<end) }
            guard buffer.end > before else {
                throw GantryError(.dataLoss, "\(content.digest): a range without bytes came")
            }
        }
        return buffer
    }

    private func fill(_ buffer: RangeBuffer, _ wanted: Range<UInt64>) async throws {
        let response = try await session.get(
            "blobs/\(content.digest)", [wanted.header],
            .stream { head, bytes in
                guard head.status == 206 else { throw Ignored() }
                try head.check(wanted, of: content)
                guard buffer.append(bytes) else {
                    throw GantryError(
                        .dataLoss, "\(content.digest): a range is longer than it says")
                }
            }, isChecked: true, tolerated: RangeRefused.statuses)
        guard response.status == 206 else { throw Ignored() }
    }
}

extension Range<UInt64> {
    /// RFC 9110, 14.2.
    var header: String { "Range: bytes=\(lowerBound)-\(upperBound - 1)" }
}

extension HTTPHead {
    /// - Throws: `GantryError` (`dataLoss`) for a 206 with other bytes than those asked for, or of a
    ///   blob of another size.
    func check(_ wanted: Range<UInt64>, of content: Content) throws(GantryError) {
        let range = contentRange.flatMap { ContentRange($0) }
        guard let range, range.answers(wanted, of: content.size) else {
            throw GantryError(
                .dataLoss,
                "\(content.digest): bytes \(wanted.lowerBound)-\(wanted.upperBound - 1) of"
                    + " \(content.size) were asked for, and \"\(contentRange ?? "")\" came")
        }
    }
}
