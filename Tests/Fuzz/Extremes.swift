/// What code stumbles over: the same for the matrix of extremes (conformance/extreme/values.py), which
/// asks a daemon, for the walk through documents, and as words of each fuzz target's dictionary.
enum Extremes {
    static let numbers = [
        "0", "-0", "1", "-1", "9223372036", "9223372037", "2147483647", "2147483648",
        "-2147483648", "-2147483649", "4294967295", "4294967296", "9007199254740993",
        "4611686018427387904", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
        "18446744073709551616", "999999999999999999999999999999", "1e308", "1e999", "-1e999", "0.5",
        "007", "+1", "0x7f", "1_0", " 1", "1 ",
    ]

    static let texts: [[UInt8]] =
        [
            "", "\u{0}", "\\u0000", "\r\n", "\\r\\n", "/\u{301}", "\\u0301", "..", "../..", "/",
            "\u{e9}",
            "e\u{301}", "\\ud800", "\u{212a}", "%s%n", "-1", "18446744073709551616",
            "\\ud83d\\ude00", "\\", "{}", "*", "a=b=c", ":::", ",,,",
        ].map { Array($0.utf8) } + [
            [0xff, 0xfe, 0xc3, 0x28], [0xed, 0xa0, 0x80],
            [UInt8](repeating: UInt8(ascii: "a"), count: 64 << 10),
            [UInt8](repeating: UInt8(ascii: "9"), count: 4096),
        ]

    /// What may stand where another kind of value is expected.
    private static let kinds = ["null", "true", "[]", "{}", "\"x\"", "[[]]", "[null]", "{\"\":0}"]

    static let words =
        numbers + texts.filter { $0.count < 32 }.map { String(decoding: $0, as: UTF8.self) }

    /// Good input with each of its tokens set in turn to each extreme of its kind.
    static func variants(of seed: [UInt8]) -> [[UInt8]] {
        var variants: [[UInt8]] = []
        for token in tokens(of: seed) {
            let values =
                switch token.kind {
                case .number: (numbers + kinds).map { Array($0.utf8) }
                case .text: texts
                case .list: lists(seed[token.range])
                }
            for value in values { variants.append(seed.replacing(token.range, with: value)) }
        }
        return variants + deep + keysTwice(seed)
    }

    /// Where the tokens are.
    static func ranges(of seed: [UInt8]) -> [Range<Int>] { tokens(of: seed).map(\.range) }

    private enum Kind { case number, text, list }

    private struct Token {
        let kind: Kind
        let range: Range<Int>
    }

    /// Numbers, words, what is between quotes, and lists with their brackets.
    private static func tokens(of seed: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var starts: [Int] = []
        var index = 0
        while index < seed.count {
            let byte = seed[index]
            if byte == UInt8(ascii: "[") { starts.append(index) }
            if byte == UInt8(ascii: "]"), let start = starts.popLast() {
                tokens.append(Token(kind: .list, range: start..<index + 1))
            }
            if byte == UInt8(ascii: "\"") {
                let end = seed[(index + 1)...].firstIndex(of: byte) ?? seed.count
                tokens.append(Token(kind: .text, range: index + 1..<end))
                index = end
            } else if isWord(byte) {
                let end = seed[index...].firstIndex { !isWord($0) } ?? seed.count
                let isNumber = seed[index..<end].allSatisfy {
                    isDigit($0) || $0 == UInt8(ascii: "-")
                }
                tokens.append(Token(kind: isNumber ? .number : .text, range: index..<end))
                index = end - 1
            }
            index += 1
        }
        return tokens
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private static func lists(_ list: ArraySlice<UInt8>) -> [[UInt8]] {
        let element = list.dropFirst().dropLast()
        let times = min(10_000, (1 << 20) / max(element.count, 1))
        let many = Array(
            [[UInt8]](repeating: Array(element), count: times).joined(separator: [0x2c]))
        return kinds.map { Array($0.utf8) } + [[0x5b] + many + [0x5d]]
    }

    /// Nested beyond any need.
    private static let deep = ["[", "{\"a\":", "[[\"", "- "].map {
        Array(String(repeating: $0, count: 10_000).utf8)
    }

    /// The same member of an object once more, with another value.
    private static func keysTwice(_ seed: [UInt8]) -> [[UInt8]] {
        let colon = Array("\":".utf8)
        return seed.indices.dropLast().compactMap { index in
            guard seed[index...].starts(with: colon),
                let start = seed[..<index].lastIndex(of: UInt8(ascii: "\""))
            else { return nil }
            return seed[..<start] + seed[start..<index] + Array("\":null,".utf8) + seed[start...]
        }
    }
}

extension [UInt8] {
    func replacing(_ range: Range<Int>, with bytes: [UInt8]) -> [UInt8] {
        self[..<range.lowerBound] + bytes + self[range.upperBound...]
    }
}
