import Glibc
import Model
import Synchronization
import System
import Testing

@testable import Streaming

@Suite(.timeLimit(.minutes(1))) struct DisconnectTests {
    /// A process that never ends: it says when its standard input has, and whether its output is
    /// still read.
    private struct Endless: StreamingBackend {
        func ended(_ record: StreamRecord) {}

        let stdin: (read: Int32, write: Int32)
        let stdout: (read: Int32, write: Int32)

        init() {
            var ends: [Int32] = [0, 0, 0, 0]
            ends.withUnsafeMutableBufferPointer { ends in
                guard let base = ends.baseAddress else { return }
                _ = pipe(base)
                _ = pipe(base + 2)
            }
            stdin = (ends[0], ends[1])
            stdout = (ends[2], ends[3])
        }

        func exec(_ request: ExecRequest) async throws -> StreamSession {
            StreamSession(stdin: stdin.write, stdout: stdout.read) {
                try await Task.sleep(for: .seconds(600))
                return 0
            }
        }

        func attach(_ request: AttachRequest) async throws -> StreamSession {
            throw GantryError(.unimplemented, "attach")
        }

        func connect(sandbox: String, port: UInt16) async throws -> Int32 {
            throw GantryError(.unimplemented, "connect")
        }

        func expectHangup() {
            var byte: UInt8 = 0
            #expect(read(stdin.read, &byte, 1) == 0)
            // The two are closed one after the other: POLLERR is when nobody reads any more.
            var reader = pollfd(fd: stdout.write, events: 0, revents: 0)
            #expect(poll(&reader, 1, -1) == 1)
            let count = write(stdout.write, "x", 1)
            let number = errno
            #expect(count == -1 && number == EPIPE)
            close(stdin.read)
            close(stdout.write)
        }
    }

    private static let request = StreamingRequest.exec(
        ExecRequest(containerId: "c", cmd: ["x"], stdin: true, stdout: true))

    /// The session of a client that then goes away.
    private static func begin(_ url: String) throws -> SPDYClient {
        let raw = try RawClient(url)
        _ = try raw.upgrade(["Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: v4.channel.k8s.io"])
        let client = try SPDYClient(raw)
        for (index, type) in ["error", "stdin", "stdout"].enumerated() {
            try client.open(UInt32(2 * index + 1), ["streamtype": type])
        }
        return client
    }

    @Test func clientThatGoesAwayClosesTheDescriptors() async throws {
        let backend = Endless()
        try await withServer(Self.request, backend: backend) { url in
            let client = try Self.begin(url)
            _ = write(backend.stdout.write, "ready", 5)
            while client.text(5) != "ready" { try client.readSome() }
            client.raw.hangUp()
            backend.expectHangup()
        }
    }

    @Test func stoppedServerClosesTheDescriptors() async throws {
        let backend = Endless()
        try await withServer(Self.request, backend: backend) { url in
            let client = try Self.begin(url)
            _ = write(backend.stdout.write, "ready", 5)
            while client.text(5) != "ready" { try client.readSome() }
        }
        try await Blocking.run { backend.expectHangup() }
    }

    @Test func execOfAProcessThatReadsNothingIsHeldUp() async throws {
        let backend = Endless()
        try await withServer(Self.request, backend: backend) { url in
            let client = try Self.begin(url)
            // More than all buffers on the way hold: the client must not be able to send it.
            #expect(throws: RawClient.Failure.self) {
                client.raw.limitSending(seconds: 1)
                for _ in 0..<1000 {
                    try client.write(String(repeating: "x", count: 100_000), on: 3)
                }
            }
        }
        close(backend.stdin.read)
        close(backend.stdout.write)
    }
}
