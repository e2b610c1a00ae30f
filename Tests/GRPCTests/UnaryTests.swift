internal import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(1))) struct UnaryTests {
    private static let echo = Method.unary { $0 }

    @Test(arguments: [0, 1, 1 << 20, 15 << 20, 16 << 20])
    func messagesComeBackAsTheyWereSent(length: Int) async throws {
        let test = try TestServer(["/t.T/Echo": Self.echo])
        let pattern = (0..<251).map { UInt8($0) }
        var message: [UInt8] = []
        while message.count + pattern.count <= length { message += pattern }
        message += pattern.prefix(length - message.count)
        let answer = await test.client.call("/t.T/Echo", [message])
        #expect(answer.status.code == 0)
        #expect(answer.messages == [message])
        await test.end()
    }

    @Test func aRequestOver16MiBIsRefused() async throws {
        let test = try TestServer(["/t.T/Echo": Self.echo])
        let answer = await test.client.call(
            "/t.T/Echo", [[UInt8](repeating: 0, count: 16 << 20 | 1)])
        #expect(answer.status.code == 8)
        #expect(answer.messages.isEmpty)
        #expect(await test.client.call("/t.T/Echo", [[1]]).messages == [[1]])
        await test.end()
    }

    @Test func anAnswerOver16MiBIsAnError() async throws {
        let test = try TestServer([
            "/t.T/Big": .unary { _ in [UInt8](repeating: 0, count: 16 << 20 | 1) }
        ])
        let answer = await test.client.call("/t.T/Big")
        #expect(answer.status.code == 8)
        #expect(answer.status.message.contains("16777217"))
        await test.end()
    }

    @Test func twoHundredCallsAtOnceEachGetTheirOwnAnswer() async throws {
        let test = try TestServer([
            "/t.T/Echo": .unary { bytes in
                await Task.yield()
                return bytes
            }
        ])
        await withTaskGroup(of: Void.self) { group in
            for number in UInt8(0)..<200 {
                group.addTask {
                    let answer = await test.client.call("/t.T/Echo", [[number]])
                    #expect(answer.messages == [[number]])
                    #expect(answer.status.code == 0)
                }
            }
        }
        await test.end()
        #expect(test.server.callsUnderWay == 0)
    }

    @Test func anUnknownMethodIsUnimplemented() async throws {
        let test = try TestServer(["/t.T/Echo": Self.echo])
        let answer = await test.client.call("/t.T/Other")
        #expect(answer.status.code == 12)
        #expect(answer.status.message.contains("/t.T/Other"))
        await test.end()
    }

    @Test func aCallWithoutAMessageIsAnError() async throws {
        let test = try TestServer(["/t.T/Echo": Self.echo])
        let answer = await test.client.call("/t.T/Echo", [])
        #expect(answer.status.code == 13)
        #expect(answer.messages.isEmpty)
        await test.end()
    }

    @Test func aSecondMessageIsNotRead() async throws {
        let test = try TestServer(["/t.T/Echo": Self.echo])
        #expect(await test.client.call("/t.T/Echo", [[1], [2]]).messages == [[1]])
        #expect(await test.client.call("/t.T/Echo", [[3]]).messages == [[3]])
        await test.end()
    }
}
