internal import Glibc
internal import Kernel

extension Descriptor {
    /// Reads a non-blocking pipe to its end, or until the task is cancelled; then what is in the
    /// pipe at that moment is still read. Bytes past `limit` are thrown away.
    package func collect(_ limit: Int) async -> [UInt8] {
        var content: [UInt8] = []
        while !drain(into: &content, limit, atMost: .max) {
            do {
                try await Reactor.shared.wait(for: raw)
            } catch {
                _ = drain(into: &content, limit, atMost: Self.largestPipe)
                return content
            }
        }
        return content
    }

    /// The most that a pipe can hold (`/proc/sys/fs/pipe-max-size`), in bytes.
    private static let largestPipe = 1 << 20

    /// Reads what is there; true at the end of the stream.
    private func drain(into content: inout [UInt8], _ limit: Int, atMost: Int) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        var total = 0
        while total < atMost {
            let count = read(raw, &chunk, chunk.count)
            if count == 0 { return true }
            if count < 0 {
                if errno == EINTR { continue }
                return errno != EAGAIN
            }
            total += count
            content += chunk[..<min(count, limit - content.count)]
        }
        return false
    }
}
