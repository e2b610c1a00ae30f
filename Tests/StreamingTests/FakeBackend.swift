import Glibc
import Model
import Streaming
import Synchronization
import System

/// What is exec'ed is a `cat`: what is written to its standard input comes back, and it exits at its end.
struct FakeBackend: StreamingBackend {
    /// What the server has told of.
    let records = Records()

    func exec(_ request: ExecRequest) async throws -> StreamSession {
        if request.cmd == ["fail"] { throw GantryError(.internal, "no \"such\" thing") }
        let pipe = try makePipe()
        let code = Int32(request.cmd.last ?? "0") ?? 0
        guard request.stdin else {
            _ = write(pipe.write, "hello\n", 6)
            close(pipe.write)
            return StreamSession(stdout: pipe.read) { code }
        }
        let input = try makePipe()
        let (ended, end) = AsyncStream<Never>.makeStream()
        try Thread.start(name: "cat") {
            copy(from: input.read, to: pipe.write)
            end.finish()
        }
        return StreamSession(
            stdin: input.write, stdout: pipe.read,
            exitCode: {
                for await _ in ended {}
                return code
            })
    }

    /// Copies to the end, and closes both.
    private func copy(from source: Int32, to target: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(source, &bytes, bytes.count)
            guard count > 0, write(target, bytes, count) == count else { break }
        }
        close(source)
        close(target)
    }

    func ended(_ record: StreamRecord) {
        records.add(record)
    }

    func attach(_ request: AttachRequest) async throws -> StreamSession {
        let pipe = try makePipe()
        return StreamSession(stdin: pipe.write, stdout: pipe.read) { 0 }
    }

    /// Port 7 echoes, port 9 says goodbye; nobody listens on the others.
    func connect(sandbox: String, port: UInt16) async throws -> Int32 {
        guard port == 7 || port == 9 else { throw GantryError(.unavailable, "connection refused") }
        var ends: [Int32] = [0, 0]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        let far = ends[1]
        if port == 9 {
            _ = Glibc.send(far, "goodbye", 7, Int32(MSG_NOSIGNAL))
            close(far)
            return ends[0]
        }
        try Thread.start(name: "echo") {
            var bytes = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = recv(far, &bytes, bytes.count, 0)
                guard count > 0 else { break }
                _ = Glibc.send(far, bytes, count, Int32(MSG_NOSIGNAL))
            }
            close(far)
        }
        return ends[0]
    }

    private func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw GantryError(.internal, "pipe") }
        return (ends[0], ends[1])
    }
}

/// Runs `body`, which may block, against a server that is stopped afterwards.
func withServer(
    _ request: StreamingRequest, _ settings: StreamingSettings = StreamingSettings(),
    backend: any StreamingBackend = FakeBackend(),
    _ body: @escaping @Sendable (_ url: String) throws -> Void
) async throws {
    signal(SIGPIPE, SIG_IGN)
    let server = try await StreamingServer.bind(settings)
    let url = try server.url(for: request)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.serve(backend) }
        try await Blocking.run { try body(url) }
        group.cancelAll()
        try await group.waitForAll()
    }
}

/// What a server has told its backend of.
final class Records: Sendable {
    private let records = Mutex<[StreamRecord]>([])

    func add(_ record: StreamRecord) { records.withLock { $0.append(record) } }

    var all: [StreamRecord] { records.withLock { $0 } }
}
