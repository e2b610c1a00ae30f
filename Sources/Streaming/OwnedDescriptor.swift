internal import Glibc
internal import Kernel
internal import NIOCore
internal import Synchronization
internal import System

/// A descriptor that the backend gave away, closed exactly once: when its pump has ended, or when
/// nobody holds it any more.
final class OwnedDescriptor: Sendable {
    let raw: Int32
    private let isOpen = Mutex(true)

    init(_ raw: Int32) {
        self.raw = raw
        let flags = fcntl(raw, F_GETFL)
        if flags >= 0 { _ = fcntl(raw, F_SETFL, flags | O_NONBLOCK) }
    }

    deinit {
        close()
    }

    func close() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if wasOpen { Glibc.close(raw) }
    }

    /// Makes a pipe hold 1 MiB, so that a busy writer is woken seldom. Of no effect on others.
    func widen() {
        let setPipeSize: Int32 = 1031  // F_SETPIPE_SZ, a GNU macro
        _ = fcntl(raw, setPipeSize, 1 << 20)
    }

    /// Tells the other end of a socket that no more will come.
    func shutdownWriting() {
        _ = shutdown(raw, Int32(SHUT_WR))
    }

    /// Ends both directions of a socket, and with them whoever waits for it.
    func shutdownBoth() {
        _ = shutdown(raw, Int32(SHUT_RDWR))
    }

    /// Writes all of `chunk`.
    func write(_ chunk: ByteBuffer) async throws {
        var chunk = chunk
        while chunk.readableBytes > 0 {
            let (count, error) = chunk.withUnsafeReadableBytes { bytes in
                let count = Glibc.write(raw, bytes.baseAddress, bytes.count)
                return (count, errno)
            }
            if count >= 0 {
                chunk.moveReaderIndex(forwardBy: count)
            } else if error == EAGAIN {
                try await Reactor.shared.wait(for: raw, .writable)
            } else if error != EINTR {
                throw SystemError("write", errno: error)
            }
        }
    }

    /// Whether a read would give something now, be it the end.
    var isReadable: Bool {
        isOpen.withLock { isOpen in
            var ready = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
            return isOpen && poll(&ready, 1, 0) > 0
        }
    }

    enum ReadResult: Equatable {
        case bytes(Int)
        case nothingYet
        case end
    }

    /// Reads what is there into `buffer`, which has room for `room` bytes.
    func read(into buffer: inout ByteBuffer, room: Int) -> ReadResult {
        while true {
            var error: Int32 = 0
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { bytes in
                let count = Glibc.read(raw, bytes.baseAddress, min(room, bytes.count))
                if count < 0 { error = errno }
                return max(0, count)
            }
            if count > 0 { return .bytes(count) }
            if error == EAGAIN { return .nothingYet }
            // A terminal whose other side is gone says EIO; a socket that broke has ended as well.
            if error != EINTR { return .end }
        }
    }
}
