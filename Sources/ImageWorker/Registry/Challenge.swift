internal import Text

/// One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1): a scheme and its parameters.
struct Challenge: Equatable, Sendable {
    /// In lower case.
    let scheme: String
    /// Names in lower case.
    let parameters: [String: String]

    init(scheme: String, parameters: [String: String] = [:]) {
        self.scheme = scheme
        self.parameters = parameters
    }

    /// The challenges of one header value.
    static func parse(_ text: String) -> [Challenge] {
        var scanner = Scanner(text)
        var challenges: [Challenge] = []
        var scheme: String?
        var parameters: [String: String] = [:]
        while let word = scanner.word() {
            if let value = scanner.value() {
                parameters[word.lowercasedASCII] = value
            } else {
                if let scheme {
                    challenges.append(Challenge(scheme: scheme, parameters: parameters))
                }
                scheme = word.lowercasedASCII
                parameters = [:]
            }
        }
        if let scheme { challenges.append(Challenge(scheme: scheme, parameters: parameters)) }
        return challenges
    }

    private struct Scanner {
        private var rest: Substring

        init(_ text: String) {
            rest = text[...]
        }

        /// The next word, spaces and commas before it skipped.
        mutating func word() -> String? {
            skip { ", \t".utf8.contains($0) }
            let word = rest.head(before: " ,=\t\"")
            rest = rest[word.endIndex...]
            return word.isEmpty ? nil : String(word)
        }

        /// What stands after `=`, quotes taken off.
        mutating func value() -> String? {
            guard let after = rest.removing(prefix: "=") else { return nil }
            rest = after
            if rest.begins(with: "\"") { return quoted() }
            let value = rest.head(before: " ,\t")
            rest = rest[value.endIndex...]
            return String(value)
        }

        private mutating func quoted() -> String {
            var value: [UInt8] = []
            var bytes = rest.utf8.dropFirst()
            while let byte = bytes.popFirst(), byte != UInt8(ascii: "\"") {
                let isEscape = byte == UInt8(ascii: "\\")
                value.append(isEscape ? bytes.popFirst() ?? byte : byte)
            }
            rest = Substring(bytes)
            return String(decoding: value, as: UTF8.self)
        }

        private mutating func skip(_ isUnwanted: (UInt8) -> Bool) {
            rest = rest[rest.head(whileByte: isUnwanted).endIndex...]
        }
    }
}
