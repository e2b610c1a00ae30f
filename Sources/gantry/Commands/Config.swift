internal import ArgumentParser
internal import Kernel
internal import Model
internal import OCI
internal import Service
internal import TOML
internal import Text

/// The configuration as a file that can be read again.
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print or check the configuration.",
        discussion: """
            Without an option, print what is in effect: defaults, the file, its drop-ins and the flags, \
            with every key explained. The output can be used as a configuration file.
            """)

    @Flag(name: .customLong("default"), help: "Print the defaults instead, each as a comment.")
    var defaults = false

    @Option(
        help: "Check a file, or a drop-in, instead; print what is wrong with it.",
        completion: .file(extensions: ["toml"]))
    var check: String?

    @Flag(help: "Print the table of keys as JSON instead.")
    var keys = false

    @OptionGroup var options: ConfigurationOptions

    func validate() throws {
        let chosen = [defaults, keys, check != nil].count { $0 }
        if chosen > 1 {
            throw ValidationError("--default, --keys and --check exclude each other")
        }
    }

    func run() async throws {
        if defaults { return print(ConfigurationText.defaults(), terminator: "") }
        if keys { return print(try KeyTable().json) }
        if let check { return try Self.check(check) }
        let settings = try options.load().settings
        print(
            ConfigurationText.effective(settings, await settings.effectiveHandlers), terminator: "")
    }

    private static func check(_ file: String) throws {
        let text = try TOMLSection.text(try CommandFiles.read(file), file)
        _ = try Configuration.read(text, as: file)
        print("\(file): valid")
    }
}
