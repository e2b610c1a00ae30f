internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// A container's CRI log file.
///
/// The format is the kubelet's (`logs.go`, parseCRILog): `<time> <stream> <P|F> <text>\n`.
final class LogFile {
    private let path: String
    private var file: Descriptor?
    private let buffer: UnsafeMutableRawBufferPointer
    private var used = 0
    /// Entries that could not be written.
    private(set) var lost: UInt64 = 0
    private var failing = false
    private var limit: LogLimit?

    /// The path is a `LogPath`'s text; with an empty one everything is thrown away.
    init(_ path: String, _ buffers: Buffers, limit: LogLimit? = nil) throws(SystemError) {
        self.path = path
        self.limit = limit
        buffer = buffers.output
        try reopen()
    }

    /// Goes on in a new file. On an error the old one stays in use.
    func reopen() throws(SystemError) {
        if !path.isEmpty { file = try LogLocation.open(LogPath(path)) }
    }

    /// Writes what is in `bytes` as entries, with one write where they fit the buffer.
    /// - Parameter atEnd: whether the stream has ended: an unfinished line is then written, as a
    ///   part, since it has no newline. Otherwise it is left.
    /// - Returns: how many bytes were taken.
    func write(_ bytes: UnsafeRawBufferPointer, of stream: StaticString, atEnd: Bool) -> Int {
        guard file != nil else { return bytes.count }
        let head = Timestamp.now.text + Array(" \(stream) F ".utf8)
        let name = limit == nil ? "" : "\(stream)"
        var entries = LogEntries(bytes)
        while let entry = entries.next() { take(entry, of: bytes, head, name) }
        let rest = entries.position..<bytes.count
        if atEnd && !rest.isEmpty {
            take(LogEntry(text: rest, isFull: false), of: bytes, head, name)
        }
        if atEnd { tellDropped(head, name) }
        flush()
        return atEnd ? bytes.count : entries.position
    }

    /// Appends an entry that the limit lets through.
    private func take(
        _ entry: LogEntry, of bytes: UnsafeRawBufferPointer, _ head: [UInt8], _ stream: String
    ) {
        guard limit != nil else { return append(entry, of: bytes, head) }
        let isWithinLine = limit?.isWithinLine(of: stream) ?? false
        switch limit?.admit(entry, of: stream, now: LogLimit.now) {
        case .keep, nil:
            if !isWithinLine { tellDropped(head, stream) }
            append(entry, of: bytes, head)
        case .cut: append(LogEntry(text: 0..<0, isFull: true), of: bytes, head)
        case .drop: break
        }
    }

    /// The first line that is logged after others were dropped says how many.
    private func tellDropped(_ head: [UInt8], _ stream: String) {
        guard limit?.isWithinLine(of: stream) != true, let notice = limit?.takeNotice() else {
            return
        }
        notice.withUnsafeBytes {
            append(LogEntry(text: 0..<$0.count, isFull: true), of: $0, head)
        }
    }

    private func append(_ entry: LogEntry, of bytes: UnsafeRawBufferPointer, _ head: [UInt8]) {
        let size = head.count + entry.text.count + 1
        if used + size > buffer.count { flush() }
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[used..<(used + size)])
        target.copyBytes(from: head)
        if !entry.isFull { target[head.count - 2] = UInt8(ascii: "P") }
        UnsafeMutableRawBufferPointer(rebasing: target[head.count...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[entry.text]))
        target[size - 1] = UInt8(ascii: "\n")
        used += size
    }

    /// The file never keeps a torn entry, and the container never waits for a full disk: what cannot
    /// be written is lost, and counted.
    private func flush() {
        guard let raw = file?.raw else { return }
        var done = 0
        while done < used {
            let count = Glibc.write(raw, buffer.baseAddress.map { $0 + done }, used - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return giveUp(raw, done, errno) }
            done += count
        }
        used = 0
        if failing { Supervisor.warn("\(path): \(lost) log entries are lost") }
        failing = false
    }

    private func giveUp(_ raw: Int32, _ done: Int, _ number: Int32) {
        var whole = done
        while whole > 0 && buffer[whole - 1] != UInt8(ascii: "\n") { whole -= 1 }
        var status = stat()
        if whole < done, fstat(raw, &status) == 0 {
            ftruncate(raw, status.st_size - (done - whole))
        }
        for byte in buffer[whole..<used] where byte == UInt8(ascii: "\n") { lost += 1 }
        used = 0
        if !failing {
            let error = SystemError("write", path, errno: number)
            Supervisor.warn("log entries are lost: \(error)")
        }
        failing = true
    }
}
