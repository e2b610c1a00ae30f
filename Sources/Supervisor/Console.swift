internal import CLinux
internal import Glibc
internal import Kernel

/// The socket over which an OCI runtime hands out the terminal of a container
/// (runc, docs/terminals.md, "Detached New Terminal").
final class Console: EventSource {
    private let path: String
    private let listener: Descriptor
    private let log: LogFile
    private unowned let loop: EventLoop
    private var terminal: OutputStream?

    /// How long a runtime that has connected may take to send, in milliseconds.
    private static let patience: Int32 = 2000

    init(_ path: String, _ log: LogFile, _ loop: EventLoop) throws(SystemError) {
        self.path = path
        self.log = log
        self.loop = loop
        listener = Descriptor(
            owning: try syscall("listen", path) { gantry_unix_listen(path, 1) })
    }

    deinit {
        unlink(path)
    }

    var descriptor: Int32 { listener.raw }

    func ready() -> Bool {
        let accepted = gantry_accept(listener.raw)
        guard accepted >= 0 else { return true }
        let connection = Descriptor(owning: accepted)
        var poller = pollfd(fd: connection.raw, events: Int16(POLLIN), revents: 0)
        poll(&poller, 1, Self.patience)
        var name = [UInt8](repeating: 0, count: 4096)
        var received: Int32 = -1
        gantry_receive_with_descriptor(connection.raw, &name, name.count, &received)
        guard received >= 0 else { return true }
        terminal = OutputStream(Descriptor(owning: received), "stdout", log)
        if let terminal { loop.add(terminal) }
        return false
    }

    /// The terminal. It was sent before the runtime exited, but may not have been looked at yet.
    func take() throws -> [OutputStream] {
        if terminal == nil { _ = ready() }
        guard let terminal else {
            throw Containers.Refusal(description: "the runtime has sent no terminal")
        }
        return [terminal]
    }
}
