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

    @Option(
        help: "Where to write HOST/hosts.toml for mirrors in containerd's own file.",
        completion: .directory)
    var certsDir = "/etc/gantry/certs.d"

    @Flag(help: "Print the files instead of writing them.")
    var dryRun = false

    @Flag(help: "Replace files that are there.")
    var force = false

    func run() throws {
        var migration = Migration(from: from)
        for (section, file) in try from.sections(input ?? from.file) {
            migration.read(section, file)
        }
        let result = MigrationResult(migration)
        try Self.check(result.text)
        let files =
            [(output, result.text)]
            + result.registries.map { ("\(certsDir)/\($0.host)/hosts.toml", $0.text) }
        if dryRun {
            print(result.text, terminator: "")
            for (path, text) in files.dropFirst() { print("\n# \(path)\n\(text)", terminator: "") }
        } else {
            try write(files)
        }
        FileHandleOutput.error(result.report)
    }

    private func write(_ files: [(path: String, text: String)]) throws {
        if !force, let (path, _) = files.first(where: { CommandFiles.isKept($0.path) }) {
            throw GantryError(.alreadyExists, "\(path) is there already: --force replaces it")
        }
        for (path, text) in files {
            try Files.makeDirectories(Path.parent(of: path), mode: 0o755)
            try CommandFiles.write(text, to: path)
            print("wrote \(path)")
        }
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
