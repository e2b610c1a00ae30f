internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Protobuf
internal import Synchronization
internal import System
internal import TTRPC

@testable import Shim

/// A shim that keeps tasks without running anything, at a socket, and notes what it is asked.
final class FakeShim: Sendable {
    private let listener: Kernel.Descriptor
    private let link = Mutex<SocketLink?>(nil)
    let asked = Mutex<[String]>([])
    let service: String

    init(_ path: String, version: Int = 3) throws {
        listener = Kernel.Descriptor(owning: try syscall("listen") { gantry_unix_listen(path, 1) })
        service = "containerd.task.v\(version).Task"
    }

    /// Answers one client until it goes, or `die` is called.
    func run() async throws {
        try await Reactor.shared.wait(for: listener.raw)
        let link = SocketLink(Kernel.Descriptor(owning: gantry_accept(listener.raw)))
        self.link.withLock { $0 = link }
        let server = Server(methods) { try link.send($0) }
        await withDiscardingTaskGroup { group in
            group.addTask { await server.run() }
            try? await link.run { try server.take($0) }
            server.close()
            group.cancelAll()
        }
    }

    func die() {
        link.withLock { $0 }?.close()
    }

    /// - Parameter other: the service, where it is not that of tasks.
    func answer<Request: CMessage>(
        _ name: String, of other: String? = nil,
        _ body: @escaping @Sendable (Request) async throws -> [UInt8]
    ) -> (String, Server.Method) {
        let method = Server.Method.unary { bytes in
            let request: Request = try Codec.decode(bytes)
            self.asked.withLock { $0.append("\(name) \(request)") }
            return try await body(request)
        }
        return ("\(other ?? service)/\(name)", method)
    }

    private var methods: [String: Server.Method] {
        Dictionary(
            uniqueKeysWithValues: [
                answer("Create") { (request: CreateTaskRequest) in
                    guard request.id != "none" else {
                        throw GantryError(.notFound, "no bundle \(request.bundle)")
                    }
                    return Codec.encode(CreateTaskResponse(pid: request.id == "huge" ? .max : 42))
                },
                answer("Start") { (_: StartRequest) in Codec.encode(StartResponse(pid: 43)) },
                answer("Wait") { (request: WaitRequest) in
                    if request.id == "long" { try await Alarm.sleep(for: .seconds(1000)) }
                    return Codec.encode(
                        WaitResponse(exitStatus: 137, exitedAt: Timestamp(seconds: 5, nanos: 6)))
                },
                answer("Kill") { (_: KillRequest) in [] },
                answer("Checkpoint") { (_: CheckpointTaskRequest) in [] },
                answer("Exec") { (_: ExecProcessRequest) in [] },
                answer("Delete") { (_: DeleteRequest) in
                    Codec.encode(DeleteResponse(pid: 42, exitStatus: 137))
                },
                answer("Shutdown") { (_: ShutdownRequest) in
                    self.die()
                    return []
                },
            ] + sandboxMethods)
    }
}
