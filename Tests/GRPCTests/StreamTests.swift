internal import Synchronization
internal import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    private static let count = 1000
    private static let length = 64 << 10

    @Test func aSlowReaderHoldsTheWriterBack() async throws {
        let written = Mutex(0)
        let test = try TestServer([
            "/t.T/List": .serverStreaming { _, writer in
                for number in 0..<Self.count {
                    try await writer.write(
                        [UInt8](repeating: UInt8(number % 251), count: Self.length))
                    written.withLock { $0 += 1 }
                }
            }
        ])
        let call = await test.client.begin("/t.T/List", [[]])
        var read = 0
        var furthestAhead = 0
        while let message = await call.next() {
            #expect(message.count == Self.length)
            #expect(message.first == UInt8(read % 251))
            read += 1
            furthestAhead = max(furthestAhead, written.withLock { $0 } - read)
        }
        #expect(read == Self.count)
        #expect(await call.status().code == 0)
        // HTTP/2's windows hold some messages, never the whole stream.
        #expect(furthestAhead < Self.count / 2)
        await test.end()
    }

    @Test func anErrorAfterMessagesIsTheStatus() async throws {
        let test = try TestServer([
            "/t.T/List": .serverStreaming { _, writer in
                try await writer.write([1])
                throw Status(code: 9, message: "no more")
            }
        ])
        let answer = await test.client.call("/t.T/List")
        #expect(answer.messages == [[1]])
        #expect(answer.status.code == 9)
        #expect(answer.status.message == "no more")
        await test.end()
    }

    @Test func aStreamMayBeEmpty() async throws {
        let test = try TestServer(["/t.T/List": .serverStreaming { _, _ in }])
        let answer = await test.client.call("/t.T/List")
        #expect(answer.messages.isEmpty)
        #expect(answer.status.code == 0)
        await test.end()
    }

    @Test func aMessageOver16MiBEndsTheStreamWithAnError() async throws {
        let test = try TestServer([
            "/t.T/List": .serverStreaming { _, writer in
                try await writer.write([UInt8](repeating: 0, count: 16 << 20 | 1))
            }
        ])
        #expect(await test.client.call("/t.T/List").status.code == 8)
        await test.end()
    }
}
