import Model
import Testing

@testable import Streaming

@Suite struct TokenBookTests {
    private let request = StreamingRequest.exec(ExecRequest(containerId: "c", cmd: ["true"]))

    @Test func worksOnce() throws {
        let book = TokenBook()
        let token = try book.issue(request)
        #expect(token.count == 43)
        #expect(book.redeem(token, verb: "attach") == nil)
        #expect(book.redeem(token, verb: "exec") != nil)
        #expect(book.redeem(token, verb: "exec") == nil)
    }

    @Test func expires() throws {
        let book = TokenBook()
        let token = try book.issue(request)
        #expect(book.redeem(token, verb: "exec", now: .now + .seconds(61)) == nil)
    }

    @Test func isBounded() throws {
        let book = TokenBook()
        for _ in 0..<TokenBook.capacity { _ = try book.issue(request) }
        #expect(throws: GantryError.self) { try book.issue(request) }
        _ = try book.issue(request, now: .now + .seconds(61))
    }
}
