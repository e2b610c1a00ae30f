internal import Glibc

/// Output as lines of the CRI log: `TIME STREAM TAG TEXT`, where the tag is F for a full line and P
/// for a part that is continued (kubernetes/design-proposals-archive, cri-logging).
struct LogLines {
    private let stream: [UInt8]
    private var partial: [UInt8] = []

    /// The longest text of one log line, in bytes.
    private static let longest = 16 << 10

    init(stream: String) {
        self.stream = Array(stream.utf8)
    }

    /// Appends to `text` the log lines that `output` completes.
    mutating func add(_ output: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        var rest = output
        while !rest.isEmpty {
            let room = Self.longest - partial.count
            let window = UnsafeRawBufferPointer(rebasing: rest.prefix(room))
            if let newline = Self.newline(in: window) {
                emit(UnsafeRawBufferPointer(rebasing: window[..<newline]), "F", &text)
                rest = UnsafeRawBufferPointer(rebasing: rest[(newline + 1)...])
            } else if window.count == room {
                emit(window, "P", &text)
                rest = UnsafeRawBufferPointer(rebasing: rest[room...])
            } else {
                partial += window
                return
            }
        }
    }

    /// At the end of the stream: a line without a newline is a part that nothing continues.
    mutating func finish(_ text: inout [UInt8]) {
        if !partial.isEmpty { emit(UnsafeRawBufferPointer(start: nil, count: 0), "P", &text) }
    }

    private mutating func emit(
        _ end: UnsafeRawBufferPointer, _ tag: Unicode.Scalar, _ text: inout [UInt8]
    ) {
        let space = UInt8(ascii: " ")
        Timestamp.append(Timestamp.nanoseconds(), to: &text)
        text.append(space)
        text += stream
        text.append(space)
        text.append(UInt8(ascii: tag))
        text.append(space)
        text += partial
        text += end
        text.append(UInt8(ascii: "\n"))
        partial.removeAll(keepingCapacity: true)
    }

    private static func newline(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress,
            let found = memchr(start, Int32(UInt8(ascii: "\n")), bytes.count)
        else { return nil }
        return UnsafeRawPointer(found) - start
    }
}
