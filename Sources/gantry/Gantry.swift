internal import ArgumentParser
internal import Service

@main
struct Gantry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry",
        abstract: "A Kubernetes CRI runtime: pods and containers for the kubelet.",
        subcommands: [
            Serve.self, Config.self, RegistryCommand.self, ImageCommand.self, TraceCommand.self,
            LogLevel.self, CheckCommand.self, StatusCommand.self,
        ] + DebugCommands.all)
}

/// The flags that say where the configuration is, and those that overrule it.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "The configuration file; it may be absent.")
    var config = "/etc/gantry/gantry.toml"

    @Option(help: "Where what must survive a reboot is kept.")
    var root: String?

    @Option(help: "Where what a reboot voids is kept.")
    var runroot: String?

    @Option(help: "The unix socket that the kubelet connects to.")
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
