internal import NIOCore
internal import Text

/// The head of the one HTTP/1.1 request of a connection (RFC 9112).
struct HTTPHead: Equatable {
    static let limit = 32 << 10

    var method: String
    /// Without the query.
    var path: String
    var query: String
    private var fields: [String: String] = [:]

    /// The values of a field, in the order in which they came, joined by commas.
    subscript(name: String) -> String? { fields[name] }

    /// The members of a list field.
    func list(_ name: String) -> [String] {
        (fields[name] ?? "").split(at: ",").map { String($0.trimmed) }
    }

    /// - Returns: nil as long as the head is not complete; then, what stands behind it is left in
    ///   `bytes`.
    /// - Throws: `HTTPFailure` when this is no HTTP/1.1.
    static func parse(_ bytes: inout ByteBuffer) throws -> HTTPHead? {
        let view = bytes.readableBytesView
        guard let end = endOfHead(view) else {
            if view.count > limit { throw HTTPFailure(431, "the request's head is too large") }
            return nil
        }
        let lines = String(decoding: view[..<end], as: UTF8.self).lines
        bytes.moveReaderIndex(to: end + 4)
        return try HTTPHead(lines)
    }

    private static func endOfHead(_ view: ByteBufferView) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard view.count >= 4 else { return nil }
        return (view.startIndex...(view.endIndex - 4)).first { index in
            view[index] == mark[0] && view[index..<(index + 4)].elementsEqual(mark)
        }
    }

    private init(_ lines: [Substring]) throws {
        let parts = (lines.first ?? "").split(at: " ")
        guard parts.count == 3, parts[2] == "HTTP/1.1", parts[1].begins(with: "/") else {
            throw HTTPFailure(400, "not an HTTP/1.1 request")
        }
        method = String(parts[0])
        let target = parts[1].split(at: "?", maxSplits: 1)
        path = String(target[0])
        query = target.count > 1 ? String(target[1]) : ""
        for line in lines.dropFirst() { try add(line) }
    }

    private mutating func add(_ line: Substring) throws {
        guard let (head, tail) = line.cut(at: ":"), !head.isEmpty else {
            throw HTTPFailure(400, "a header field without a name")
        }
        let (name, value) = (head.lowercasedASCII, String(tail.trimmed))
        fields[name] = fields[name].map { "\($0),\(value)" } ?? value
    }
}

/// A request that is answered with an error.
struct HTTPFailure: Error {
    var status: Int
    var message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    var response: ByteBuffer {
        let body = message + "\n"
        return ByteBuffer(
            string: "HTTP/1.1 \(status) \(Self.reasons[status] ?? "Error")\r\n"
                + "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private static let reasons = [
        400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        431: "Request Header Fields Too Large", 503: "Service Unavailable",
    ]
}
