internal import Glibc
internal import Kernel

/// A client that writes to a container's input. While the container does not read, neither is the
/// client's pipe read.
final class AttachedInput: EventSource {
    private let source: Descriptor
    private let target: Descriptor
    private unowned let loop: EventLoop
    private var pending: [UInt8] = []
    private static let chunk = 16 << 10
    /// Told once, when the client's end has come or nobody reads the container's input.
    var ended: ((AttachedInput) -> Void)?

    init(
        _ source: consuming Descriptor, _ target: consuming Descriptor, _ loop: EventLoop
    ) throws(SystemError) {
        self.source = source
        self.target = target
        self.loop = loop
        try self.source.setNonblocking()
        try self.target.setNonblocking()
    }

    var descriptor: Int32 { pending.isEmpty ? source.raw : target.raw }
    var awaits: EventKind { pending.isEmpty ? .input : .output }

    func ready() -> Bool {
        if pending.isEmpty {
            var bytes = [UInt8](repeating: 0, count: Self.chunk)
            let count = read(source.raw, &bytes, bytes.count)
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return true }
            guard count > 0 else { return end() }
            return pass(Array(bytes[..<count]))
        }
        return pass(pending)
    }

    /// Writes what fits; the rest waits, and the client with it.
    private func pass(_ bytes: [UInt8]) -> Bool {
        let count = write(target.raw, bytes, bytes.count)
        if count < 0 && errno != EAGAIN && errno != EINTR { return end() }
        let rest = Array(bytes.dropFirst(max(0, count)))
        if rest.isEmpty == pending.isEmpty {
            pending = rest
        } else {
            loop.remove(self)
            pending = rest
            loop.add(self)
        }
        return true
    }

    private func end() -> Bool {
        loop.remove(self)
        ended?(self)
        ended = nil
        return false
    }

    /// The container's input is closed.
    func cancel() {
        ended = nil
        loop.remove(self)
    }
}
