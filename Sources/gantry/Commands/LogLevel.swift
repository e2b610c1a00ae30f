internal import ArgumentParser
internal import CRI
internal import Model

/// Changes how much a running daemon logs.
struct LogLevel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log-level",
        abstract: "Set the log level of the running daemon.",
        discussion: "In effect until the daemon ends; for every start set the key log_level.")

    @Argument(help: "One of trace, debug, info, notice, warning, error, critical.")
    var level: String

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let answer = try await DaemonClient(options).call(
            GantryMethods.setLogLevel, SetLogLevelRequest(level: level))
        print("\(answer.previous) -> \(level)")
    }
}
