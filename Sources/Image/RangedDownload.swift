internal import Archive
internal import Model
internal import Synchronization
internal import System

/// The rest of a layer, fetched as several ranges at once and handed on in their order.
struct RangedDownload: Sendable {
    let session: RegistrySession
    let content: Content
    let settings: LongLayers
    let report: @Sendable (UInt64) -> Void

    /// The registry sends the whole where a range was asked for, as it may.
    struct Ignored: Error {}

    private struct Piece: Sendable {
        let start: UInt64
        let bytes: [UInt8]
    }

    /// A range is asked for only when an earlier one has been handed on, which bounds the memory.
    /// - Throws: `Ignored`; else as `RegistrySession.get` and `ContentSink.write`, and `dataLoss` for
    ///   a registry that answers with other bytes.
    func run(into stream: any ContentSink) async throws {
        var position = stream.received
        var starts = stride(from: position, to: content.size, by: Int(settings.rangeLength))
            .makeIterator()
        try await withThrowingTaskGroup(of: Piece.self) { group in
            for _ in 0..<settings.rangesAtOnce {
                if let start = starts.next() { group.addTask { try await piece(at: start) } }
            }
            var early: [UInt64: [UInt8]] = [:]
            while let piece = try await group.next() {
                early[piece.start] = piece.bytes
                while let bytes = early.removeValue(forKey: position) {
                    try await Blocking.run { try stream.write(bytes.span.bytes) }
                    position += UInt64(bytes.count)
                    report(position)
                    if let start = starts.next() {
                        group.addTask { try await self.piece(at: start) }
                    }
                }
            }
        }
    }

    private func piece(at start: UInt64) async throws -> Piece {
        let end = min(start + settings.rangeLength, content.size)
        let buffer = PieceBuffer(start..<end)
        while buffer.end < end {
            let before = buffer.end
            try await Resuming.run({ buffer.end }) { try await fill(buffer, $0..<end) }
            guard buffer.end > before else {
                throw GantryError(.dataLoss, "\(content.digest): a range without bytes came")
            }
        }
        return Piece(start: start, bytes: buffer.bytes)
    }

    private func fill(_ buffer: PieceBuffer, _ wanted: Range<UInt64>) async throws {
        let response = try await session.get(
            "blobs/\(content.digest)", [wanted.header],
            .stream { head, bytes in
                guard head.status == 206 else { throw Ignored() }
                try head.check(wanted, of: content)
                try buffer.append(bytes, of: content)
            })
        guard response.status == 206 else { throw Ignored() }
    }
}

/// One range as it comes.
private final class PieceBuffer: Sendable {
    private let wanted: Range<UInt64>
    private let content: Mutex<[UInt8]>

    init(_ wanted: Range<UInt64>) {
        self.wanted = wanted
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wanted.count)
        content = Mutex(bytes)
    }

    /// Where in the blob the next byte belongs.
    var end: UInt64 { content.withLock { wanted.lowerBound + UInt64($0.count) } }

    var bytes: [UInt8] { content.withLock { $0 } }

    func append(_ bytes: RawSpan, of blob: Content) throws(GantryError) {
        let fits = content.withLock { content in
            if content.count + bytes.byteCount > wanted.count { return false }
            bytes.withUnsafeBytes { content.append(contentsOf: $0) }
            return true
        }
        if !fits { throw GantryError(.dataLoss, "\(blob.digest): a range is longer than it says") }
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
