internal import ArgumentParser
internal import CRI
internal import Glibc
internal import Kernel
internal import Model

extension ImageCommand {
    /// It ends by itself, and not because it is long.
    private static let limit = Duration.seconds(24 * 3600)

    /// Of layers.
    enum Compression: String, CaseIterable, ExpressibleByArgument {
        case none, gzip, zstd

        fileprivate var name: String { self == .none ? "" : rawValue }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write an image into a file, for import, docker load, skopeo and others.",
            discussion: """
                FILE becomes a tar with an OCI layout, and with what docker wants beside it. With layer_format = "erofs" they are the very tars that the image was made \
                of, and it keeps its ID. Unpacked layers are packed anew, which gives them other digests, and \
                so the image in the file another ID; this is said on standard error. The manifest's digest \
                is another than that of the registry that the image came from in either case.
                """)

        @Argument(help: "Name or ID of the image.")
        var image: String

        @Argument(help: "Path of a file that is not there yet.", completion: .file())
        var file: String

        @Option(help: "How to compress layers: none, gzip or zstd.")
        var compression = Compression.none

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let request = ExportImageRequest(
                image: image, path: try Self.absolute(file), compression: compression.name)
            let written = try await DaemonClient(options).call(
                GantryMethods.exportImage, request, limit: ImageCommand.limit)
            ImageCommand.tell(written.id, written.image)
            print(written.id)
        }

        private static func absolute(_ path: String) throws -> String {
            let parent = try AbsolutePath.of(Path.parent(of: path))
            return "\(parent == "/" ? "" : parent)/\(Path.lastComponent(of: path))"
        }
    }

    struct Push: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Push an image to a registry.",
            discussion: """
                Credentials are taken from the node's auth file, registries and their certificates are those \
                of a pull, but mirrors are not pushed to. The digest that is printed is that of the new manifest, \
                and another than that of the registry that the image came from. For IDs see gantry image export.
                """)

        @Argument(help: "Name or ID of the image.")
        var image: String

        @Argument(help: "Name to push it to, with a tag.")
        var destination: String

        @Option(help: "How to compress layers: none, gzip or zstd.")
        var compression = Compression.gzip

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let request = PushImageRequest(
                image: image, destination: destination, compression: compression.name)
            let pushed = try await DaemonClient(options).call(
                GantryMethods.pushImage, request, limit: ImageCommand.limit)
            ImageCommand.tell(pushed.id, pushed.image)
            print("\(pushed.name)@\(pushed.manifestDigest)")
        }
    }

    private static func tell(_ id: String, _ image: String) {
        if id == image { return }
        FileHandleOutput.error(
            "layers were packed anew: the image has the ID \(id) there, and \(image) here\n")
    }
}
