internal import Glibc
internal import Kernel

/// One stream of a container's output, on its way to the log.
final class OutputStream: EventSource {
    private let pipe: Descriptor
    private let log: LogFile
    private var lines: LogLines

    private static let chunkSize = 32 << 10

    /// nil when there is no descriptor to read.
    init?(_ pipe: consuming Descriptor?, _ name: String, _ log: LogFile) {
        guard let pipe, (try? pipe.setNonblocking()) != nil else { return nil }
        self.pipe = pipe
        self.log = log
        lines = LogLines(stream: name)
    }

    var descriptor: Int32 { pipe.raw }

    /// Reads what there is, a bounded amount so that no stream keeps the others waiting.
    func ready() -> Bool {
        for _ in 0..<16 {
            var text: [UInt8] = []
            let count = withUnsafeTemporaryAllocation(
                byteCount: Self.chunkSize, alignment: 16
            ) { chunk in
                let count = read(pipe.raw, chunk.baseAddress, chunk.count)
                if count > 0 {
                    lines.add(UnsafeRawBufferPointer(rebasing: chunk[..<count]), to: &text)
                }
                return count
            }
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return true }
            // A terminal whose last user is gone reads EIO: that is its end (pty(7)).
            if count <= 0 { lines.finish(&text) }
            log.write(text)
            if count <= 0 { return false }
        }
        return true
    }
}
