/// Why a text is no TOML, and in which line.
struct TOMLError: Error, Equatable {
    let line: Int
    let what: String
}

/// A text's bytes and the place that has been read up to: keys, blanks, comments and line ends.
struct TOMLScanner {
    private let bytes: [UInt8]
    private(set) var position = 0
    private var line = 1
    /// How many arrays and inline tables the place is in.
    var depth = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    /// The next byte; 0 at the end, since no byte of TOML is 0.
    var next: UInt8 { byte(after: 0) }

    func byte(after count: Int) -> UInt8 {
        position + count < bytes.count ? bytes[position + count] : 0
    }

    func begins(with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    mutating func skip(_ count: Int = 1) {
        for _ in 0..<count where !isAtEnd {
            if bytes[position] == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
    }

    /// Skips `text` if it stands here.
    mutating func take(_ text: StaticString) -> Bool {
        guard begins(with: text) else { return false }
        skip(text.utf8CodeUnitCount)
        return true
    }

    mutating func expect(_ text: StaticString) throws(TOMLError) {
        guard take(text) else { throw error("want \(text)") }
    }

    mutating func take(
        atMost limit: Int = .max, while belongs: (UInt8) -> Bool
    ) -> ArraySlice<UInt8> {
        let start = position
        while !isAtEnd, position - start < limit, belongs(bytes[position]) { skip() }
        return bytes[start..<position]
    }

    func error(_ what: String) -> TOMLError { TOMLError(line: line, what: what) }

    mutating func skipBlanks() {
        while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { skip() }
    }

    /// A line end, or the end of the text.
    mutating func takeLineEnd() -> Bool {
        isAtEnd || take("\n") || take("\r\n")
    }

    /// What may follow a statement in its line.
    mutating func finishLine() throws(TOMLError) {
        try skipComment()
        guard takeLineEnd() else { throw error("want the end of the line") }
    }

    /// What may stand between elements of an array.
    mutating func skipLines() throws(TOMLError) {
        repeat { try skipComment() } while !isAtEnd && takeLineEnd()
    }

    private mutating func skipComment() throws(TOMLError) {
        skipBlanks()
        guard take("#") else { return }
        while !isAtEnd, next != UInt8(ascii: "\n"), !begins(with: "\r\n") {
            guard Self.isText(next) else { throw error("a control character in a comment") }
            skip()
        }
    }

    static func isText(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t")
    }

    /// `a."b c".d`, blanks around the dots.
    mutating func key() throws(TOMLError) -> [String] {
        var parts: [String] = []
        repeat {
            skipBlanks()
            parts.append(try part())
            skipBlanks()
        } while take(".")
        return parts
    }

    private mutating func part() throws(TOMLError) -> String {
        if take("\"") { return try basicString() }
        if take("'") { return try literalString() }
        let bare = take {
            Self.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
        guard !bare.isEmpty else { throw error("want a key") }
        return String(decoding: bare, as: UTF8.self)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
