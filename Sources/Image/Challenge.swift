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
                parameters[word.lowercased()] = value
            } else {
                if let scheme {
                    challenges.append(Challenge(scheme: scheme, parameters: parameters))
                }
                scheme = word.lowercased()
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
            rest = rest.drop { $0 == " " || $0 == "," || $0 == "\t" }
            let word = rest.prefix { !" ,=\t\"".contains($0) }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : String(word)
        }

        /// What stands after `=`, quotes taken off.
        mutating func value() -> String? {
            guard rest.first == "=" else { return nil }
            rest = rest.dropFirst()
            if rest.first == "\"" { return quoted() }
            let value = rest.prefix { !" ,\t".contains($0) }
            rest = rest.dropFirst(value.count)
            return String(value)
        }

        private mutating func quoted() -> String {
            var value = ""
            rest = rest.dropFirst()
            while let character = rest.popFirst(), character != "\"" {
                if character == "\\", let escaped = rest.popFirst() {
                    value.append(escaped)
                } else {
                    value.append(character)
                }
            }
            return value
        }
    }
}
