internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import System

/// The socket over which an OCI runtime hands out a terminal (runc, docs/terminals.md, "Detached New
/// Terminal"). The directory's path must be short: runtimes connect by the whole of it, which has
/// room for 107 bytes (unix(7)).
final class ConsoleSocket: Sendable {
    let path: String
    private let listener: Descriptor

    init(_ path: String) throws {
        guard path.utf8.count < 108 else {
            throw GantryError(.internal, "\(path) is too long for a socket")
        }
        self.path = path
        listener = Descriptor(owning: try syscall("listen", path) { gantry_unix_listen(path, 1) })
    }

    deinit {
        unlink(path)
    }

    func untilConnected() async throws {
        try await Reactor.shared.wait(for: listener.raw)
    }

    /// The terminal's master side from a runtime that has connected; nil when none has.
    func receive() async throws -> Descriptor? {
        let accepted = gantry_accept(listener.raw)
        guard accepted >= 0 else { return nil }
        let connection = Descriptor(owning: accepted)
        try await Reactor.shared.wait(for: connection.raw)
        var name = [UInt8](repeating: 0, count: 4096)
        var received: Int32 = -1
        gantry_receive_with_descriptor(connection.raw, &name, name.count, &received)
        return received >= 0 ? Descriptor(owning: received) : nil
    }
}
