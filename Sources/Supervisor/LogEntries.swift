internal import Glibc

/// One entry of a CRI log: a line, or a part of a line that is too long or unfinished.
struct LogEntry: Equatable {
    /// The text, without the newline.
    let text: Range<Int>
    /// Tag `F`; otherwise the line goes on in the next entry, tag `P`.
    let isFull: Bool
}

/// Cuts a stream's bytes into log entries.
struct LogEntries: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    /// The first byte that belongs to no entry yet.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next entry, or nil when more bytes are needed. A line of exactly the longest part may be
    /// followed by its newline: it is not cut before there is one byte more.
    mutating func next() -> LogEntry? {
        let start = position
        let window = Swift.min(bytes.count - start, Buffers.longestPart + 1)
        guard window > 0, let base = bytes.baseAddress else { return nil }
        if let newline = memchr(base + start, 0x0a, window) {
            let end = base.distance(to: UnsafeRawPointer(newline))
            position = end + 1
            return LogEntry(text: start..<end, isFull: true)
        }
        guard window > Buffers.longestPart else { return nil }
        position = start + Buffers.longestPart
        return LogEntry(text: start..<position, isFull: false)
    }
}
