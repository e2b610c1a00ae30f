internal import Model
internal import Synchronization
internal import TTRPC
internal import Testing

/// What a server says to a client that does not keep to the protocol.
@Suite struct ServerTests {
    private func answers(to frames: [Frame]) throws -> [Frame] {
        let sent = Mutex<[UInt8]>([])
        let server = Server(["s/echo": .unary { $0 }]) { bytes in sent.withLock { $0 += bytes } }
        for frame in frames { try server.take(frame.encoded()) }
        server.close()
        var reader = FrameReader()
        reader.feed(sent.withLock { $0 })
        var read: [Frame] = []
        while let frame = try reader.next() { read.append(frame) }
        return read
    }

    /// Service "s", method "x".
    private let unknown: [UInt8] = [0x0a, 1, 0x73, 0x12, 1, 0x78]

    @Test func numbersOfStreamsAreOddAndGrow() throws {
        let answers = try answers(to: [
            Frame(.request, stream: 2, data: unknown), Frame(.request, stream: 3, data: unknown),
            Frame(.request, stream: 3, data: unknown), Frame(.request, stream: 1, data: unknown),
        ])
        #expect(answers.map(\.stream) == [2, 3, 3, 1])
        #expect(answers.allSatisfy { $0.kind == .response && !$0.data.isEmpty })
    }

    @Test func garbageForARequestIsAnsweredWithAnError() throws {
        let answers = try answers(to: [Frame(.request, stream: 1, data: [0xff, 0xff, 0xff])])
        #expect(answers.count == 1)
    }

    @Test func dataForNoStreamIsAnsweredWithAnError() throws {
        let answers = try answers(to: [Frame(.data, stream: 7, data: [1])])
        #expect(answers.map(\.stream) == [7])
    }

    @Test func kindsOfALaterVersionArePassedOver() throws {
        #expect(try answers(to: [Frame(nil, stream: 1, data: [1])]).isEmpty)
    }
}
