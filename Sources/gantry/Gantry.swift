internal import ArgumentParser
internal import CRelease
internal import Model
internal import Service

@main
struct Gantry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry",
        abstract: "Run pods and containers for Kubernetes: a CRI runtime.",
        version: "gantry \(Release.version) (commit \(String(cString: gantry_commit())))",
        subcommands: [
            Serve.self, Config.self, RegistryCommand.self, ImageCommand.self, TraceCommand.self,
            LogLevel.self, CheckCommand.self, StatusCommand.self, WipeCommand.self,
            MigrateCommand.self,
        ] + DebugCommands.all)

    static func main() async {
        await main(nil)
        do {
            try StandardOutput.finish()
        } catch {
            exit(withError: error)
        }
    }
}

/// The flags that say where the configuration is, and those that overrule it.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "Configuration file; may be absent.")
    var config = "/etc/gantry/gantry.toml"

    @Option(help: "Directory of persistent state.")
    var root: String?

    @Option(help: "Directory of state that a reboot voids.")
    var runroot: String?

    @Option(help: "Unix socket of the CRI.")
    var socket: String?

    /// The configuration as it counts: defaults, file, drop-ins, flags.
    func load() throws -> Configuration {
        var configuration = try Configuration.load(
            file: config, directory: "\(config.directoryOfFile)/conf.d")
        if let root { configuration.settings.root = root }
        if let runroot { configuration.settings.moveRunRoot(to: runroot) }
        if let socket { configuration.settings.socket = socket }
        return configuration
    }
}

extension String {
    fileprivate var directoryOfFile: String {
        lastIndex(of: "/").map { String(self[..<$0]) } ?? "."
    }
}
