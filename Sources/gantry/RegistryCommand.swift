internal import ArgumentParser
internal import Image
internal import Service
internal import Text

/// What Gantry knows of registries.
struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Look at the configuration of registries.",
        subcommands: [Explain.self])

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print which places a pull would ask, in order, and why.",
            discussion: "Nothing is asked: this reads registries.conf, hosts.toml and auth.json.")

        @Argument(help: "An image, as a pod names it.")
        var image: String

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let registries = try Registries.load(try options.load().settings)
            for line in try Explanation(of: image, registries).lines { print(line) }
        }
    }
}
