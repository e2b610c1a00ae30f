internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import OCI
internal import Shim
internal import System
internal import TTRPC

/// The socket to which shims send their events. Nothing depends on these alone, for a daemon that is
/// away misses them: ends are told by Wait.
struct ShimEvents: Sendable {
    let node: Node

    /// Listens, and serves until the daemon ends; a shim does not start without.
    func begin() async throws {
        let path = node.paths.shimEvents
        guard node.handlers.working.contains(where: { $0.shim != nil }) else {
            return try await Blocking.run { try Files.remove(path) }
        }
        let listener = try await Blocking.run { try EventListener(path) }
        node.nursery.start { [node] in
            await withDiscardingTaskGroup { group in
                group.addTask { await self.serve(listener) }
                _ = try? await node.leaving.wait()
                group.cancelAll()
            }
        }
    }

    private func serve(_ listener: EventListener) async {
        await withDiscardingTaskGroup { group in
            while let link = await listener.accept() {
                group.addTask {
                    await withTaskCancellationHandler {
                        await serve(link)
                    } onCancel: {
                        link.close()
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func serve(_ link: SocketLink) async {
        let shims = node.shims
        let server = Server(EventServer.methods { shims.take($0) }, largest: Self.largest) {
            try link.send($0)
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await server.run() }
            try? await link.run { try server.take($0) }
            server.close()
        }
    }

    /// Bytes of an event.
    private static let largest = 1 << 20
}

private final class EventListener: Sendable {
    private let socket: Kernel.Descriptor

    init(_ path: String) throws {
        socket = Kernel.Descriptor(
            owning: try syscall("listen", path) { gantry_unix_listen(path, 1) })
        try Files.narrow(path, to: 0o600)
    }

    /// Nil when the task is cancelled.
    func accept() async -> SocketLink? {
        while true {
            do { try await Reactor.shared.wait(for: socket.raw) } catch { return nil }
            let connection = gantry_accept(socket.raw)
            if connection >= 0 { return SocketLink(Kernel.Descriptor(owning: connection)) }
            if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS {
                // The connection stays readable: without a pause this would be a loop.
                _ = try? await Alarm.sleep(for: .milliseconds(100))
            }
        }
    }
}
