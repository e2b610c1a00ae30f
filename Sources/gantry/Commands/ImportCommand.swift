internal import ArgumentParser
internal import CRI
internal import Kernel
internal import Model
internal import Service
internal import Takeover

/// Images out of an archive or another runtime's store, through the daemon, which opens them itself.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import images from an archive, or from another runtime's store.",
        discussion: """
            FILE is an OCI layout or an archive of docker save: a directory, or a tar, which may be \
            compressed with gzip or zstd. A store is read and stays as it is; its runtime must not be \
            running. An image that cannot be imported does not keep the others back.
            """)

    @Argument(help: "Path of the archive.", completion: .file())
    var file: String?

    @Option(help: "Name of the image, in place of the names in the archive.")
    var name = ""

    @Option(
        help: "Import all images of containerd, whose root this is, as /var/lib/containerd.",
        completion: .directory)
    var fromContainerd: String?

    @Option(help: "The namespace of containerd whose images are imported.")
    var namespace = "k8s.io"

    @Option(
        help: "Import all images of CRI-O or Podman, whose store this is.", completion: .directory)
    var fromStorage: String?

    @OptionGroup var options: ConfigurationOptions

    func validate() throws {
        let sources = [file, fromContainerd, fromStorage].compactMap { $0 }
        guard sources.count == 1 else {
            throw ValidationError("want either FILE, --from-containerd or --from-storage")
        }
        if file == nil && !name.isEmpty {
            throw ValidationError("--name is for an archive: images of a store keep their names")
        }
    }

    func run() async throws {
        let importer = Importer(client: try DaemonClient(options))
        if let file { return try await importer.run(try AbsolutePath.of(file), name: name) }
        let store: any ForeignStore
        if let fromContainerd {
            store = try ContainerdStore(root: AbsolutePath.of(fromContainerd), namespace: namespace)
        } else {
            store = try ContainersStorage(root: AbsolutePath.of(fromStorage ?? ""))
        }
        try await importer.run(store, staging: "\(try options.load().settings.root)/staging")
    }
}
