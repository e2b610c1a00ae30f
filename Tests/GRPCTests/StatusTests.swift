internal import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(1))) struct StatusTests {
    private func status(_ thrown: Status) async throws -> Status {
        let test = try TestServer(["/t.T/Fail": .unary { _ in throw thrown }])
        let answer = await test.client.call("/t.T/Fail")
        #expect(answer.messages.isEmpty)
        await test.end()
        return answer.status
    }

    @Test(arguments: ["no such pod", "", "100 % «ünïcode» \n\0 end", "🐳"])
    func codeAndMessageArriveWhole(message: String) async throws {
        let status = try await status(Status(code: 5, message: message))
        #expect(status.code == 5)
        #expect(status.message == message)
    }

    /// A client of the C core takes 8 KiB of metadata, and loses the code with the rest.
    @Test(arguments: ["x", "é", "🐳", "%"])
    func aLongMessageKeepsItsEndsAndItsCode(character: Character) async throws {
        let long = String(repeating: character, count: 20_000)
        let status = try await status(Status(code: 9, message: long))
        #expect(status.code == 9)
        let parts = status.message.split(separator: " … ")
        #expect(parts.count == 2)
        #expect(parts.allSatisfy { $0.count > 200 && $0.allSatisfy { $0 == character } })
    }
}
