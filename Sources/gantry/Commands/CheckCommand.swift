internal import ArgumentParser
internal import CRI
internal import FoundationEssentials
internal import Logging
internal import Model
internal import Service

/// Looks whether the node is as it should be.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the node and Gantry's state on it.",
        discussion: """
            Nothing is changed without --repair. The daemon may be running. Exits with 1 when there is \
            a problem.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Check every file of every layer, which takes a while.")
    var deep = false

    @Flag(help: "First repair what can be repaired; the daemon must not be running.")
    var repair = false

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let settings = try options.load().settings
        if repair { try await mend(settings) }
        let client = try DaemonClient(options)
        let findings = await NodeCheck(settings, deep: deep).run {
            let version = try await client.call(
                Methods.version, VersionRequest(), limit: .seconds(3))
            return "\(version.runtimeName) \(version.runtimeVersion)"
        }
        print(json ? try Self.json(findings) : FindingList(findings).text)
        if findings.count(.problem) > 0 { throw ExitCode(1) }
    }

    /// What is mended is told on standard error.
    private func mend(_ settings: Settings) async throws {
        let output = LogOutput(.text, .notice)
        LoggingSystem.bootstrap { _ in output }
        try await Repair(settings, deep: deep, log: Logger(label: "gantry")).run()
    }

    private static func json(_ findings: [Finding]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(findings), as: UTF8.self)
    }
}
