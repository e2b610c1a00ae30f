extension TOMLScanner {
    /// A file that is nested more deeply is no configuration, and must not use up the stack.
    private static let deepest = 64

    mutating func value() throws(TOMLError) -> TOMLValue {
        if take("\"\"\"") { return .string(try longString("\"\"\"", hasEscapes: true)) }
        if take("'''") { return .string(try longString("'''", hasEscapes: false)) }
        if take("\"") { return .string(try basicString()) }
        if take("'") { return .string(try literalString()) }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw error("it is nested too deeply") }
        if take("[") { return .array(try elements()) }
        if take("{") { return .table(try members()) }
        return try word()
    }

    private mutating func elements() throws(TOMLError) -> [TOMLValue] {
        var elements: [TOMLValue] = []
        try skipLines()
        while !take("]") {
            elements.append(try value())
            try skipLines()
            if take(",") {
                try skipLines()
            } else if next != UInt8(ascii: "]") {
                throw error("want , or ]")
            }
        }
        return elements
    }

    /// An inline table, which stands in one line.
    private mutating func members() throws(TOMLError) -> TOMLTable {
        var tables = TOMLTables()
        skipBlanks()
        if take("}") { return TOMLTable() }
        repeat {
            try tables.assign(&self)
            skipBlanks()
        } while take(",")
        try expect("}")
        return tables.root.finished
    }

    /// What has no quotes.
    private mutating func word() throws(TOMLError) -> TOMLValue {
        var word = String(decoding: take(while: Self.isPartOfWord), as: UTF8.self)
        // RFC 3339 allows a blank between date and time.
        if word.utf8.count == 10, Self.isTime(word), next == UInt8(ascii: " "),
            Self.isDigit(byte(after: 1))
        {
            skip()
            word += " " + String(decoding: take(while: Self.isPartOfWord), as: UTF8.self)
        }
        switch word {
        case "": throw error("want a value")
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        if let value = Self.integer(word) ?? Self.float(word) { return value }
        guard Self.isTime(word) else { throw error("\(word) is no value") }
        return .time(word)
    }

    private static func isPartOfWord(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "+-_.:".utf8.contains(byte)
    }
}
