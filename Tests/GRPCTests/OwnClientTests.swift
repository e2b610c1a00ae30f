import GRPC
import Testing

/// The client that `gantry`'s commands use.
@Suite(.timeLimit(.minutes(1))) struct OwnClientTests {
    @Test func anAnswer() async throws {
        let test = try TestServer(["/t.T/Echo": .unary { $0 + [1] }])
        let client = GRPC.Client(socketPath: test.socketPath)
        #expect(try await client.call("/t.T/Echo", [7]) == [7, 1])
        #expect(try await client.call("/t.T/Echo", []) == [1])
        await test.end()
    }

    @Test func theServersStatus() async throws {
        let test = try TestServer([
            "/t.T/Refuse": .unary { _ in throw Status(code: 5, message: "none of that name") }
        ])
        let client = GRPC.Client(socketPath: test.socketPath)
        let status = await #expect(throws: Status.self) {
            try await client.call("/t.T/Refuse", [])
        }
        #expect(status?.code == 5 && status?.message == "none of that name")
        await test.end()
    }

    @Test func noServerIsUnavailable() async throws {
        let client = GRPC.Client(socketPath: "/no/such/socket")
        let status = await #expect(throws: Status.self) { try await client.call("/t.T/Echo", []) }
        #expect(status?.code == 14)
    }

    @Test func anAnswerThatDoesNotCome() async throws {
        let waiter = Waiter()
        let test = try TestServer(["/t.T/Wait": waiter.method])
        let client = GRPC.Client(socketPath: test.socketPath)
        let status = await #expect(throws: Status.self) {
            try await client.call("/t.T/Wait", [], limit: .milliseconds(50))
        }
        #expect(status?.code == 4)
        await waiter.cancelled.happened()
        await test.end()
    }
}
