internal import ArgumentParser
internal import Image
internal import Service
internal import Text

/// What Gantry knows of registries.
struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Inspect the configuration of registries.",
        subcommands: [Explain.self])

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the endpoints that a pull would try, in order, and why.",
            discussion: "No registry is contacted: only configuration files are read.")

        @Argument(help: "Name of an image, as in a pod.")
        var image: String

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let registries = try Registries.load(try options.load().settings)
            for line in try Explanation(of: image, registries).lines { print(line) }
        }
    }
}
