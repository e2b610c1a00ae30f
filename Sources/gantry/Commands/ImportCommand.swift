internal import ArgumentParser
internal import CRI
internal import Glibc
internal import Model

/// Images out of an archive, through the daemon, which opens it itself.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import images from an OCI layout or an archive of docker save.",
        discussion: "FILE is a directory, or a tar, which may be compressed with gzip or zstd.")

    @Argument(help: "Path of the archive.", completion: .file())
    var file: String

    @Option(help: "Name of the image, in place of the names in the archive.")
    var name = ""

    @OptionGroup var options: ConfigurationOptions

    /// An import ends by itself, and not because it is long.
    private static let limit = Duration.seconds(24 * 3600)

    func run() async throws {
        let client = try DaemonClient(options)
        let request = ImportImagesRequest(path: try Self.absolute(file), name: name)
        let imported = try await PullDisplay(client: client, image: request.path).show {
            try await client.call(GantryMethods.importImages, request, limit: Self.limit)
        }
        for image in imported?.images ?? [] {
            for name in image.names { print("\(name)  \(image.id)") }
        }
    }

    /// The daemon has a working directory of its own.
    private static func absolute(_ path: String) throws -> String {
        guard let found = realpath(path, nil) else {
            throw ValidationError("\(path): \(String(cString: strerror(errno)))")
        }
        defer { free(found) }
        return String(cString: found)
    }
}
