internal import Model
internal import System
internal import Text

/// Tries what a runtime's command line takes: on a container that does not exist, so that nothing is
/// done, and beside a command and an option that no runtime has.
///
/// What fails as these do is not there; nor is what succeeds, for there is nothing to succeed on. A
/// program that takes anything therefore has none of it.
struct AbilityProbe: Sendable {
    let path: String
    let arguments: [String]

    private static let container = "gantry-none"
    private static let nothing = "gantry-nothing"
    /// No program can make anything there (proc(5)).
    private static let root = "/proc/gantry-probe"

    func run() async -> [Ability: Bool] {
        async let verbs = verbs()
        async let globals = options(
            of: "state",
            [
                (.logFile, ["--log", "/dev/null"]), (.logFormat, ["--log-format", "json"]),
                (.systemdCgroup, ["--systemd-cgroup"]),
            ], areGlobal: true)
        async let exec = options(
            of: "exec",
            [
                (.execConsole, ["--console-socket", "/dev/null"]),
                (.execDetach, ["--detach", "--pid-file", "/dev/null"]),
            ])
        return await verbs.merging(await globals) { $1 }.merging(await exec) { $1 }
    }

    private func verbs() async -> [Ability: Bool] {
        async let update = has(["update", "--resources", "/dev/null"])
        async let pause = has(["pause"])
        async let killAll = takes(["--all"], of: "kill")
        async let hides = hidesProcesses()
        async let checkpoint = takes(Self.checkpointOptions, of: "checkpoint")
        return await [
            .update: update, .pause: pause, .killAll: killAll, .hiddenProcesses: hides,
            .checkpoint: checkpoint,
        ]
    }

    private static let checkpointOptions = [
        "--image-path", "\(root)/image", "--work-path", "\(root)/work", "--leave-running",
    ]

    /// Whether findings are of all that is tried now.
    static func isComplete(_ found: [Ability: Bool]) -> Bool {
        Ability.allCases.allSatisfy { $0.isTold || found[$0] != nil }
    }

    /// gVisor's command line alone has both: a `wait` for containers that nobody else can wait for,
    /// and process IDs of its own kernel.
    private func hidesProcesses() async -> Bool {
        guard await has(["wait"]) else { return false }
        return await takes(["--internal-pid-file", "/dev/null"], of: "exec")
    }

    /// All at once, and one by one where that is refused.
    private func options(
        of verb: String, _ options: [(Ability, [String])], areGlobal: Bool = false
    ) async -> [Ability: Bool] {
        var found: [Ability: Bool] = [:]
        let takesAll = await takes(options.flatMap(\.1), of: verb, areGlobal: areGlobal)
        for (ability, words) in options {
            let takesIt = takesAll ? true : await takes(words, of: verb, areGlobal: areGlobal)
            found[ability] = takesIt
        }
        return found
    }

    /// Whether the program has a command.
    func has(_ words: [String]) async -> Bool {
        async let tried = attempt([], words)
        async let control = attempt([], [Self.nothing])
        guard let (tried, control) = await Self.both(tried, control) else { return false }
        return !tried.isRefused(as: control, naming: [])
    }

    /// Whether a command, or the program before any command, takes options.
    func takes(_ options: [String], of verb: String, areGlobal: Bool = false) async -> Bool {
        let before = verb == "exec" ? ["--process", "/dev/null"] : []
        let wrong = ["--\(Self.nothing)"]
        async let tried =
            areGlobal ? attempt(options, [verb]) : attempt([], [verb] + before + options)
        async let control =
            areGlobal ? attempt(wrong, [verb]) : attempt([], [verb] + before + wrong)
        guard let (tried, control) = await Self.both(tried, control) else { return false }
        let names = options.compactMap { $0.removing(prefix: "--")?.head(before: "=") }
        return !tried.isRefused(as: control, naming: names.map(String.init))
    }

    private static func both(_ tried: Answer?, _ control: Answer?) -> (Answer, Answer)? {
        guard let tried, let control else { return nil }
        return (tried, control)
    }

    private func attempt(_ globals: [String], _ words: [String]) async -> Answer? {
        let all = ["--root", Self.root] + arguments + globals + words + [Self.container]
        let command = Command(path, all, limit: Handler.patience)
        guard let output = try? await command.run() else { return nil }
        return Answer(
            words: globals + words, status: output.status, text: output.errorText + output.text)
    }

    /// What the program said.
    private struct Answer {
        let words: [String]
        let status: Int32
        let text: String

        private static let refusals = [
            "unknown", "unrecognized", "unrecognised", "not defined", "unexpected argument",
            "invalid option", "illegal option", "invalid flag", "no such option", "no such command",
            "no help topic",
            "unsupported", "not supported", "not implemented",
        ]

        func isRefused(as control: Answer, naming names: [String]) -> Bool {
            guard status != 0, !isSame(as: control) else { return true }
            if names.contains(where: { text.has(text: "-\($0)") }) { return true }
            // It has come as far as to look for the container.
            if text.has(text: AbilityProbe.container) && names.isEmpty { return false }
            let lower = text.lowercasedASCII
            return Self.refusals.contains { lower.has(text: $0) }
        }

        /// But for what was asked, and for the time.
        private func isSame(as other: Answer) -> Bool {
            let asked = Set(words + other.words).filter { $0.utf8.count > 3 }
            return status == other.status && plain(asked) == other.plain(asked)
        }

        private func plain(_ asked: Set<String>) -> [UInt8] {
            var rest = text
            // The longest first, since one may be a part of another.
            for word in asked.sorted(by: { $0.utf8.count > $1.utf8.count }) {
                rest = rest.split(atText: word).joined()
                if let name = word.removing(prefix: "--") {
                    rest = rest.split(atText: name).joined()
                }
            }
            return rest.utf8.filter { !$0.isASCIIDigit }
        }
    }
}
