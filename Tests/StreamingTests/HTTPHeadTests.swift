import NIOCore
import Testing

@testable import Streaming

@Suite struct HTTPHeadTests {
    private func head(_ text: String) throws -> HTTPHead? {
        var bytes = ByteBuffer(string: text)
        return try HTTPHead.parse(&bytes)
    }

    /// Combining marks after a separator, and the sign for kelvin, whose lower case is "k".
    @Test func fieldsAreCutAsBytes() throws {
        let head = try head(
            "GET /exec/\u{301}a?b=\u{301} HTTP/1.1\r\nA:\u{301}b\r\nX-\u{212a}ey: no\r\nx-key: \t yes \r\n\r\n"
        )
        #expect(head?.path.utf8.elementsEqual("/exec/\u{301}a".utf8) == true)
        #expect(head?["a"]?.utf8.elementsEqual("\u{301}b".utf8) == true)
        #expect(head?["x-key"] == "yes")
    }

    @Test(arguments: [
        "GET\r\n\r\n", "GET x HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n:\u{301}\r\n\r\n",
    ])
    func whatIsNoRequestIsRefused(_ text: String) {
        #expect(throws: HTTPFailure.self) { try head(text) }
    }
}
