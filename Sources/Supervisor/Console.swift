internal import CLinux
internal import Glibc
internal import Kernel

/// The socket over which an OCI runtime hands out the terminal of a container
/// (runc, docs/terminals.md, "Detached New Terminal").
final class Console {
    private let path: String
    private let listener: Descriptor

    init(_ path: String) throws(SystemError) {
        self.path = path
        listener = Descriptor(
            owning: try syscall("listen", path) { gantry_unix_listen(path, 1) })
    }

    deinit {
        unlink(path)
    }

    /// The terminal's master side. The runtime sends it before it exits, and waits for no answer: it
    /// is taken after the exit, without waiting. Nor is it read before, since it reads as ended while
    /// nobody has the other side open.
    func receive() throws -> Descriptor {
        let nothing = Containers.Refusal(description: "the runtime has sent no terminal")
        let accepted = gantry_accept(listener.raw)
        guard accepted >= 0 else { throw nothing }
        let connection = Descriptor(owning: accepted)
        var name = [UInt8](repeating: 0, count: 4096)
        var received: Int32 = -1
        gantry_receive_with_descriptor(connection.raw, &name, name.count, &received)
        guard received >= 0 else { throw nothing }
        return Descriptor(owning: received)
    }
}
