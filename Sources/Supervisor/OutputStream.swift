internal import Glibc
internal import Kernel

/// The reading end of a container's standard output or error, or its terminal.
final class OutputStream: EventSource {
    /// Where the bytes go: `atEnd` says that no more follow. Returns how many it has dealt with; the
    /// rest comes again, before what is read next.
    typealias Sink = (_ bytes: UnsafeRawBufferPointer, _ atEnd: Bool) -> Int

    /// `stdout` or `stderr`, as the log says; a terminal's output is `stdout`.
    let name: StaticString
    var sink: Sink = { bytes, _ in bytes.count }
    /// Clients that get a copy of what is read, after the log has it.
    var copies: OutputCopies?
    private let pipe: Descriptor
    private let buffers: Buffers
    /// The unfinished line: at most `Buffers.longestPart` bytes, and no memory while there is none.
    private var unfinished: [UInt8] = []

    init(
        _ pipe: consuming Descriptor, _ name: StaticString, _ buffers: Buffers
    ) throws(SystemError) {
        self.pipe = pipe
        self.name = name
        self.buffers = buffers
        try self.pipe.setNonblocking()
    }

    var descriptor: Int32 { pipe.raw }

    /// Reads once, so that no stream keeps the others waiting.
    func ready() -> Bool {
        read() != .end
    }

    enum Event {
        case bytes, nothing, end
    }

    private func read() -> Event {
        let kept = unfinished.count
        buffers.input.copyBytes(from: unfinished)
        let room = UnsafeMutableRawBufferPointer(rebasing: buffers.input[kept...])
        let count = Glibc.read(pipe.raw, room.baseAddress, room.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return .nothing }
        // A terminal whose last user is gone reads EIO: that is its end (pty(7)).
        let atEnd = count <= 0
        let bytes = UnsafeRawBufferPointer(rebasing: buffers.input[..<(kept + max(0, count))])
        let taken = sink(bytes, atEnd)
        copies?.write(UnsafeRawBufferPointer(rebasing: bytes[kept...]), atEnd: atEnd)
        unfinished = taken == bytes.count || atEnd ? [] : Array(bytes[taken...])
        return atEnd ? .end : .bytes
    }

    /// Reads what is there now. A process that outlives the container's init may hold the pipe and
    /// write on: more than a pipe can hold (`/proc/sys/fs/pipe-max-size`) is not waited for.
    /// - Returns: whether more may come.
    func drain() -> Bool {
        for _ in 0..<16 {
            switch read() {
            case .bytes: continue
            case .nothing: return true
            case .end: return false
            }
        }
        return true
    }
}
