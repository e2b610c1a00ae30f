internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Kernel
internal import Model
internal import Text

/// Takes over the configuration of the runtime that a node had.
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Convert the configuration of containerd or CRI-O.",
        discussion: """
            Write a drop-in with a comment for each line it came from. Settings that Gantry handles \
            differently, and those without a counterpart, are listed on standard error. Images come \
            with gantry image import --from-containerd or --from-storage.
            """)

    @Option(help: "The runtime to migrate from: containerd or crio.")
    var from: MigrationSource

    @Option(help: "Its configuration file, if not the usual one.", completion: .file())
    var input: String?

    @Option(help: "The file to write.", completion: .file())
    var output = "/etc/gantry/conf.d/20-migrated.toml"

    @Flag(help: "Print the file instead of writing it.")
    var dryRun = false

    func run() throws {
        var migration = Migration(from: from)
        for (section, file) in try from.sections(input ?? from.file) {
            migration.read(section, file)
        }
        let text = migration.text
        try Self.check(text)
        FileHandleOutput.error(migration.report)
        if dryRun { return print(text, terminator: "") }
        try Files.makeDirectories(Path.parent(of: output), mode: 0o755)
        try Files.replace(output, with: Array(text.utf8), mode: 0o644)
        print("wrote \(output)")
    }

    /// What the daemon would refuse is not written.
    private static func check(_ text: String) throws {
        do {
            _ = try Configuration.read(text, as: "the result")
        } catch let error as GantryError {
            throw GantryError("a value of the other runtime cannot be taken over", from: error)
        }
    }
}

/// Standard error.
enum FileHandleOutput {
    static func error(_ text: String) {
        var text = text
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
