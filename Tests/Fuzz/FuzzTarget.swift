import Model

/// A parser of what comes from outside, with what it may be told in good faith.
struct FuzzTarget: Sendable {
    let name: String
    /// Good input, from which libFuzzer begins.
    let seeds: [[UInt8]]
    /// Words of the format, which it puts in.
    let words: [String]
    let form: Form?
    /// Takes the input or refuses it with an error that has a message for people.
    let run: @Sendable ([UInt8]) throws -> Void

    init(
        _ name: String, seeds: [[UInt8]], words: [String] = [], form: Form? = nil,
        run: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.form = form
        self.seeds = seeds
        self.words = words
        self.run = run
    }

    init(
        _ name: String, seeds: [String], words: [String] = [],
        run: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.init(
            name, seeds: seeds.map { Array($0.utf8) }, words: words, form: .document, run: run)
    }

    /// What mutations leave whole.
    enum Form { case document, tar }

    /// The one that libFuzzer works on.
    nonisolated(unsafe) static var chosen: FuzzTarget?

    static let all = [
        references, registries, hosts, manifests, policies, credentials, tars, plugins, messages,
        runtimes, logs, cgroups, configuration, spdy, webSocket, cdi, yaml, frames, adjustments,
        answers, rows, imageMessages,
    ]

    static let json = ["{", "}", "[", "]", "null", "true", "-1", "1e99", "\\ud800", ":", ",", "\""]
    static let toml = [
        "[", "]", "[[", "]]", "\"", "\"\"\"", "'''", "=", "\n", "{", "}", ".", "#", "\\u0000",
        "inf",
        "0x", "1979-05-27T07:32:00Z",
    ]
}

/// What a parser must hold to besides not crashing.
func demand(_ condition: @autoclosure () throws -> Bool, _ what: String) rethrows {
    if try !condition() { fatalError(what) }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}
