import Model
import Testing

@testable import Streaming

/// What the backend is told of each request, for the audit trail.
@Suite(.timeLimit(.minutes(1))) struct RecordTests {
    private struct Failure: Error, CustomStringConvertible {
        let description = "no such thing"
    }

    /// Answers what it is made to.
    private struct Scripted: StreamingBackend {
        let records = Records()
        let exit: @Sendable () async throws -> Int32

        func exec(_ request: ExecRequest) async throws -> StreamSession {
            if request.cmd == ["fail"] { throw Failure() }
            return StreamSession(exitCode: exit)
        }

        func attach(_ request: AttachRequest) async throws -> StreamSession {
            StreamSession(exitCode: exit)
        }

        func connect(sandbox: String, port: UInt16) async throws -> Int32 { throw Failure() }

        func ended(_ record: StreamRecord) { records.add(record) }
    }

    @Test func anEndWithACode() async throws {
        let backend = Scripted { 3 }
        let observed = ObservedBackend(backend)
        observed.began(.exec(ExecRequest(containerId: "c", cmd: ["a"])))
        #expect(try await observed.exec(ExecRequest()).exitCode() == 3)
        observed.connectionEnded(client: "here")
        let record = try #require(backend.records.all.first)
        #expect(record.end == .exited(3) && record.client == "here")
        guard case .exec(let request) = record.request else {
            return #expect(Bool(false), "\(record.request)")
        }
        #expect(request.cmd == ["a"])
    }

    @Test func whatCannotBeCarriedOut() async throws {
        let backend = Scripted { throw Failure() }
        for request in [ExecRequest(cmd: ["fail"]), ExecRequest(cmd: ["later"])] {
            let observed = ObservedBackend(backend)
            observed.began(.exec(request))
            await #expect(throws: Failure.self) {
                _ = try await observed.exec(request).exitCode()
            }
            observed.connectionEnded(client: "")
        }
        let failed = StreamRecord.End.failed("no such thing")
        #expect(backend.records.all.map(\.end) == [failed, failed])
    }

    @Test func aConnectionThatEndsFirst() async throws {
        let backend = Scripted {
            try await Task.sleep(for: .seconds(3600))
            return 0
        }
        let observed = ObservedBackend(backend)
        observed.began(.attach(AttachRequest()))
        let session = try await observed.attach(AttachRequest())
        let waiting = Task { try await session.exitCode() }
        waiting.cancel()
        _ = await waiting.result
        observed.connectionEnded(client: "")
        #expect(backend.records.all.map(\.end) == [.closed])
    }

    @Test func portsOnceAndNotWithoutEnd() async throws {
        let backend = Scripted { 0 }
        let observed = ObservedBackend(backend)
        observed.began(.portForward(PortForwardRequest(podSandboxId: "p")))
        for port in [80, 80] + Array(UInt16(1)...100) {
            _ = try? await observed.connect(sandbox: "p", port: port)
        }
        observed.connectionEnded(client: "")
        #expect(backend.records.all.first?.ports == [80] + Array(1...15))
    }

    @Test func withoutARequestThereIsNothingToTell() {
        let backend = Scripted { 0 }
        ObservedBackend(backend).connectionEnded(client: "")
        #expect(backend.records.all.isEmpty)
    }

    @Test func aServersRequests() async throws {
        let backend = FakeBackend()
        try await withServer(.exec(ExecRequest(cmd: ["fail"], stdout: true)), backend: backend) {
            url in
            let raw = try RawClient(url)
            _ = try raw.upgrade([
                "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Protocol: v5.channel.k8s.io",
            ])
            _ = try WebSocketClient(raw).readToClose()
        }
        #expect(backend.records.all.count == 1)
    }
}
