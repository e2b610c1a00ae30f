internal import FoundationEssentials
internal import Model
internal import Text

/// What a runtime says when a command of it fails, and what that means.
struct RuntimeFailure: Sendable {
    /// The runtime's own last message.
    let message: String

    enum Kind {
        case noContainer, notRunning, paused, noProgram, programNotExecutable, other
    }

    /// The last error in a log, or in standard error, of lines that are JSON or plain text.
    ///
    /// Nil when there is none: exec'd programs have exit codes of their own.
    ///
    /// runsc ends its lines with nothing, so one document may follow the other.
    init?(log: String) {
        guard let message = Self.lines(of: log).reversed().lazy.compactMap(Self.error).first
        else { return nil }
        self.message = message
    }

    init(message: String) {
        self.message = message
    }

    /// One of the runtime's program itself, whatever its words look like.
    init(own message: String, _ status: Int32) {
        self.message = "the runtime ended with \(status): \(message)"
        isOwn = true
    }

    private var isOwn = false

    /// crun puts the objects of two errors on one line.
    private static func lines(of log: String) -> [Substring] {
        var lines: [Substring] = []
        for line in log.lines {
            var (start, last) = (line.startIndex, UInt8(0))
            for index in line.utf8.indices {
                let byte = line.utf8[index]
                if last == UInt8(ascii: "}"), byte == UInt8(ascii: "{") {
                    lines.append(line[start..<index])
                    start = index
                }
                last = byte
            }
            lines.append(line[start...])
        }
        return lines
    }

    private struct Line: Decodable {
        let msg: String?
        /// As others call it.
        let message: String?
        let level: String?

        var text: String? { msg ?? message }
        var isError: Bool { RuntimeFailure.errors.contains((level ?? "error").lowercasedASCII) }

        init?(_ text: some StringProtocol) {
            guard text.utf8.first == UInt8(ascii: "{"),
                let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8))
            else { return nil }
            self = line
        }
    }

    private static let errors = ["error", "fatal", "panic"]

    /// runc without `--log-format json` has its message in quotes, and the message's own escaped.
    private static func plain(_ line: Substring) -> String? {
        let text = line.split(atText: "\\\"").joined(separator: "\"")
        let parts = text.split(atText: " msg=\"")
        guard parts.count > 1, let head = parts.first, head.has(text: "level=") else { return text }
        guard errors.contains(where: { head.has(text: "level=\($0)") }) else { return nil }
        let message = parts.dropFirst().joined(separator: " msg=\"")
        return message.ends(with: "\"") ? String(message.dropLast()) : message
    }

    private static func error(_ line: Substring) -> String? {
        guard line.begins(with: "{") else { return plain(line) }
        guard let found = Line(line), let text = found.text else { return String(line) }
        // crun hands on a hook's failure as JSON in JSON.
        return found.isError ? Line(text)?.text ?? text : nil
    }

    /// Runtimes have no codes for their errors, so their words must do: those of crun 1.8, runc 1.1 to
    /// 1.5, runsc 2022 and lxcri of 2023, in this order of precedence.
    private static let phrases: [(String, Kind)] = [
        ("container does not exist", .noContainer),
        ("/status`: No such file", .noContainer),
        ("cannot open directory", .noContainer),
        (": file does not exist", .noContainer),
        ("` is paused", .paused),
        ("paused container", .paused),
        ("container not running", .notRunning),
        ("is not running", .notRunning),
        ("stopped container", .notRunning),
        ("sandbox is not running", .notRunning),
        ("in state stopped", .notRunning),
        ("PID 0: no such process", .notRunning),
        ("open pidfd: No such process", .notRunning),
        ("kill container: No such process", .notRunning),
        ("process already finished", .notRunning),
        ("already stopped", .notRunning),
        ("executable file not found", .noProgram),
        ("not found in $PATH", .noProgram),
        ("no such file or directory", .noProgram),
        ("permission denied", .programNotExecutable),
        ("open executable", .programNotExecutable),
        ("exec format error", .programNotExecutable),
        ("too many levels of symbolic links", .programNotExecutable),
        ("too many symbolic links", .programNotExecutable),
        ("file name too long", .programNotExecutable),
        ("not a directory", .programNotExecutable),
        ("is a directory", .programNotExecutable),
        ("argument list too long", .programNotExecutable),
    ]

    var kind: Kind {
        if isOwn { return .other }
        let text = message.lowercasedASCII
        return Self.phrases.first { text.has(text: $0.0.lowercasedASCII) }?.1 ?? .other
    }

    /// Whether a `create` failed over the program that the container was to begin with, or over the
    /// directory that it was to begin in.
    var isAboutProgram: Bool { Self.aboutProgram.contains(where: message.contains) }

    /// crun's words, then runc's, which differ from 1.2 on, and lxcri's.
    private static let aboutProgram = [
        "executable file `", "open executable", "chdir `", "process: exec: \"",
        "container init: exec: \"", "caused: exec: \"",
        "chdir to cwd", "container init: mkdir ", "failed: exec: \"", "failed to change cwd to",
    ]

    /// Whether the kernel would not execute the program that was added, in crun's words.
    var isOfExec: Bool {
        ["exec: ", "exec `"].contains(where: message.begins) && shellExitCode != nil
    }

    /// The same as an error of the CRI's kind.
    /// - Parameter limits: those that were asked for: one that the kernel refused is named.
    func error(doing: String, setting limits: Spec.Resources? = nil) -> GantryError {
        if let field = limits?.field(refusedIn: message) {
            return GantryError(.invalidArgument, "linux.resources.\(field): \(doing): \(message)")
        }
        return error(doing)
    }

    private func error(_ doing: String) -> GantryError {
        let code: GantryError.Code =
            switch kind {
            case .noContainer: .notFound
            case .notRunning, .paused: .failedPrecondition
            default: .internal
            }
        return GantryError(code, "\(doing): \(message)")
    }

    /// The exit code by which shells tell that a program could not be run (POSIX, "2.8.2").
    var shellExitCode: Int32? {
        switch kind {
        case .noProgram: 127
        case .programNotExecutable: 126
        default: nil
        }
    }
}
