internal import ArgumentParser
internal import Logging
internal import Service

/// Removes what Gantry has made of a node.
struct WipeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wipe",
        abstract: "Remove all pods, and optionally all images.",
        discussion: """
            The daemon must not be running. Containers are killed, networks, mounts and cgroups are \
            given back. Exits with 1 when something could not be removed.
            """)

    @Flag(help: "Remove all images too, pinned ones among them.")
    var images = false

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let output = LogOutput(.text, .warning)
        LoggingSystem.bootstrap { _ in output }
        let settings = try options.load().settings
        let outcome = try await Wipe(
            settings, images: images, log: Logger(label: "gantry")
        ).run()
        print("removed \(outcome.pods) pods and \(outcome.images) images")
        for failure in outcome.failures { print("not removed: \(failure)") }
        if !outcome.failures.isEmpty { throw ExitCode(1) }
    }
}
