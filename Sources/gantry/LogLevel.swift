internal import ArgumentParser
internal import CRI
internal import Model

/// Changes how much a running daemon logs.
struct LogLevel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log-level",
        abstract: "Change how much the running daemon logs.",
        discussion: "It counts until the daemon ends; the key log_level is for every start.")

    @Argument(help: "trace, debug, info, notice, warning, error or critical.")
    var level: String

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let answer = try await DaemonClient(options).call(
            GantryMethods.setLogLevel, SetLogLevelRequest(level: level))
        print("\(answer.previous) -> \(level)")
    }
}
