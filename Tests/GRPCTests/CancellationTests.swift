internal import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
    /// The deadline leaves the call the time to arrive on a busy machine.
    @Test func aPassedDeadlineCancelsTheHandler() async throws {
        let waiter = Waiter()
        let test = try TestServer(["/t.T/Wait": waiter.method])
        let answer = await test.client.call("/t.T/Wait", deadline: .seconds(2))
        #expect(answer.status.code == 4)
        await waiter.cancelled.happened()
        await test.end()
    }

    @Test func aClientThatCancelsCancelsTheHandler() async throws {
        let waiter = Waiter()
        let test = try TestServer(["/t.T/Wait": waiter.method])
        let call = await test.client.begin("/t.T/Wait", [[]])
        await waiter.began.happened()
        call.cancel()
        await waiter.cancelled.happened()
        #expect(await call.next() == nil)
        #expect(await call.status().code == 1)
        await test.end()
    }

    @Test func aCancelledStreamEndsItsWriter() async throws {
        let ended = Event()
        let test = try TestServer([
            "/t.T/Flood": .serverStreaming { _, writer in
                defer { ended.fire() }
                while true { try await writer.write([UInt8](repeating: 0, count: 1 << 16)) }
            }
        ])
        let call = await test.client.begin("/t.T/Flood", [[]])
        #expect(await call.next() != nil)
        call.cancel()
        await ended.happened()
        await test.end()
    }
}
