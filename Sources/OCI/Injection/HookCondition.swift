internal import Glibc
internal import Model

/// `when` of a hook's file: all that is given must hold, and something must be given.
struct HookCondition: Decodable, Sendable {
    let always: Bool?
    /// Patterns of a key and its value; each must be found among the container's annotations.
    let annotations: [String: String]?
    /// Patterns of the program; one of them must fit.
    let commands: [String]?
    let hasBindMounts: Bool?

    func admits(
        command: String, _ given: [String: String], hasBindMounts bound: Bool
    ) throws -> Bool {
        var results: [Bool] = []
        if let always { results.append(always) }
        if let hasBindMounts { results.append(hasBindMounts && bound) }
        for (key, value) in annotations ?? [:] {
            let key = try Pattern(key)
            let value = try Pattern(value)
            results.append(given.contains { key.fits($0.key) && value.fits($0.value) })
        }
        if let commands, !commands.isEmpty {
            results.append(try commands.contains { try Pattern($0).fits(command) })
        }
        return !results.isEmpty && results.allSatisfy { $0 }
    }
}

/// A POSIX extended regular expression (regex(7)).
private struct Pattern: ~Copyable {
    private var compiled = regex_t()

    /// - Throws: `failedPrecondition` with the library's words.
    init(_ text: String) throws {
        let code = regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB)
        guard code != 0 else { return }
        var words = [CChar](repeating: 0, count: 256)
        regerror(code, &compiled, &words, words.count)
        let reason = String(decoding: words.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        throw GantryError(.failedPrecondition, "the pattern \"\(text)\": \(reason)")
    }

    deinit {
        var compiled = compiled
        regfree(&compiled)
    }

    /// Whether it is found anywhere in `text`.
    func fits(_ text: String) -> Bool {
        withUnsafePointer(to: compiled) { regexec($0, text, 0, nil, 0) == 0 }
    }
}
