/// The four kinds of strings; each is read from behind its opening quotes.
extension TOMLScanner {
    mutating func basicString() throws(TOMLError) -> String {
        var text: [UInt8] = []
        while !take("\"") {
            if take("\\") {
                text += try escaped()
            } else {
                text.append(try character())
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    mutating func literalString() throws(TOMLError) -> String {
        var text: [UInt8] = []
        while !take("'") { text.append(try character()) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Between three quotes; a line end right behind the first ones does not count.
    mutating func longString(_ quotes: StaticString, hasEscapes: Bool) throws(TOMLError) -> String {
        var text: [UInt8] = []
        _ = !isAtEnd && takeLineEnd()
        while !take(quotes) {
            if hasEscapes, take("\\") {
                text += try isLineEndAhead() ? joined() : escaped()
            } else if take("\r\n") {
                text += "\r\n".utf8
            } else if take("\n") {
                text.append(UInt8(ascii: "\n"))
            } else {
                text.append(try character())
            }
        }
        // Up to two quotes may stand before the closing ones.
        for _ in 0..<2 where next == quotes.utf8Start.pointee {
            text.append(next)
            skip()
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func character() throws(TOMLError) -> UInt8 {
        guard !isAtEnd, Self.isText(next) else { throw error("a string does not end") }
        defer { skip() }
        return next
    }

    private func isLineEndAhead() -> Bool {
        var rest = self
        rest.skipBlanks()
        return !rest.isAtEnd && rest.takeLineEnd()
    }

    /// A backslash at a line's end joins it to the next text.
    private mutating func joined() -> [UInt8] {
        repeat { skipBlanks() } while !isAtEnd && takeLineEnd()
        return []
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "f"): 12,
        UInt8(ascii: "r"): 13, UInt8(ascii: "\""): 34, UInt8(ascii: "\\"): 92,
    ]

    private mutating func escaped() throws(TOMLError) -> [UInt8] {
        if take("u") { return try scalar(digits: 4) }
        if take("U") { return try scalar(digits: 8) }
        guard let byte = Self.escapes[next] else { throw error("an unknown escape") }
        skip()
        return [byte]
    }

    /// Not NUL: it would end the paths and names that these strings become.
    private mutating func scalar(digits: Int) throws(TOMLError) -> [UInt8] {
        let hex = take(atMost: digits, while: Self.isAlphanumeric)
        guard hex.count == digits,
            let value = UInt32(String(decoding: hex, as: UTF8.self), radix: 16), value != 0,
            let scalar = Unicode.Scalar(value)
        else { throw error("an escape that is no character") }
        return Array(String(scalar).utf8)
    }
}
