internal import Glibc
internal import Kernel

/// The clients of one output stream. While a client's pipe is full the stream is not read, so the
/// container waits as it would for a slow terminal.
final class OutputCopies {
    private unowned let loop: EventLoop
    private weak var stream: OutputStream?
    private var clients: [AttachedOutput] = []
    private var isPaused = false
    private var isOver = false

    init(_ stream: OutputStream, _ loop: EventLoop) {
        self.stream = stream
        self.loop = loop
    }

    deinit {
        for client in clients { client.finish() }
    }

    func add(_ pipe: consuming Descriptor) throws(SystemError) {
        let client = try AttachedOutput(pipe, self, loop)
        clients.append(client)
        loop.add(client)
    }

    func write(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) {
        let clients = self.clients
        for client in clients where !client.take(bytes) { drop(client) }
        if atEnd {
            isOver = true
            self.clients = []
            for client in clients { client.finish() }
        }
        adjust()
    }

    /// A client has read, or is gone.
    func adjust() {
        guard let stream, !isOver else { return }
        let isFull = clients.contains { $0.isFull }
        guard isFull != isPaused else { return }
        isPaused = isFull
        if isFull { loop.remove(stream) } else { loop.add(stream) }
    }

    func drop(_ client: AttachedOutput) {
        clients.removeAll { $0 === client }
        loop.remove(client)
    }
}

/// The writing end of a client's pipe.
final class AttachedOutput: EventSource {
    private let pipe: Descriptor
    private weak var copies: OutputCopies?
    private unowned let loop: EventLoop
    /// What did not fit: no more than was read at once, but for the last of a container.
    private var pending: [UInt8] = []
    private var isFinishing = false

    init(
        _ pipe: consuming Descriptor, _ copies: OutputCopies, _ loop: EventLoop
    ) throws(SystemError) {
        self.pipe = pipe
        self.copies = copies
        self.loop = loop
        try self.pipe.setNonblocking()
    }

    var descriptor: Int32 { pipe.raw }
    var isFull: Bool { !pending.isEmpty }
    /// One that has room is watched for its reader's going away alone.
    var awaits: EventKind { isFull ? .output : .exception }

    /// - Returns: false when nobody reads any more.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if isFull {
            pending += bytes
            return true
        }
        guard let count = write(bytes) else { return false }
        if count < bytes.count { change { $0.pending = Array(bytes[count...]) } }
        return true
    }

    /// Bytes written; nil when the pipe is broken.
    private func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = Glibc.write(pipe.raw, rest.baseAddress, rest.count)
            if count >= 0 {
                done += count
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                return nil
            }
        }
        return done
    }

    /// What it waits for depends on what is pending.
    private func change(_ body: (AttachedOutput) -> Void) {
        loop.remove(self)
        body(self)
        loop.add(self)
    }

    func ready() -> Bool {
        guard isFull, let count = pending.withUnsafeBytes({ write($0) }) else { return gone() }
        if count < pending.count {
            pending.removeFirst(count)
            return true
        }
        if isFinishing { return false }
        change { $0.pending = [] }
        copies?.adjust()
        return true
    }

    private func gone() -> Bool {
        pending = []
        copies?.drop(self)
        copies?.adjust()
        return false
    }

    /// Nothing more will come: the pipe is closed once it has taken what is pending.
    func finish() {
        isFinishing = true
        if !isFull { loop.remove(self) }
    }
}
