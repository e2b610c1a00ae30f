internal import ArgumentParser
internal import CRI
internal import Model

/// The images of the node, through the daemon.
struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Manage images.",
        subcommands: [
            Pull.self, ImportCommand.self, Export.self, Push.self, List.self, Inspect.self,
            Usage.self, Tag.self,
            Untag.self,
            Pin.self, Unpin.self, Mount.self, Unmount.self, Remove.self, Prune.self,
        ])

    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pull an image, as the kubelet would.",
            discussion: "Credentials are taken from the node's auth file.")

        @Argument(help: "Name of the image.")
        var image: String

        @Option(help: "Namespace whose signature policy is applied.")
        var namespace = ""

        @OptionGroup var options: ConfigurationOptions

        /// A pull ends by itself when the registry stalls, and not because it is long.
        private static let limit = Duration.seconds(24 * 3600)

        func run() async throws {
            let client = try DaemonClient(options)
            let pod = PodSandboxConfig(metadata: PodSandboxMetadata(namespace: namespace))
            let request = PullImageRequest(
                image: ImageSpec(image: image), sandboxConfig: namespace.isEmpty ? nil : pod)
            let pulled = try await PullDisplay(client: client, image: image).show {
                try await client.call(Methods.pullImage, request, limit: Self.limit)
            }
            print(pulled?.imageRef ?? "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List images.")

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let listed = try await DaemonClient(options).call(
                Methods.listImages, ListImagesRequest())
            print(ImageTable(listed.images).text)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove images, each with all of its tags.")

        @Argument(help: "Names or IDs of images.")
        var images: [String]

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let client = try DaemonClient(options)
            for name in images {
                let spec = ImageSpec(image: name)
                let status = try await client.call(
                    Methods.imageStatus, ImageStatusRequest(image: spec))
                guard let image = status.image else {
                    throw GantryError(.notFound, "image \(name) is not here")
                }
                _ = try await client.call(Methods.removeImage, RemoveImageRequest(image: spec))
                print(image.id)
            }
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove images that no container uses, except pinned and mounted ones.")

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let client = try DaemonClient(options)
            let containers = try await client.call(
                Methods.listContainers, ListContainersRequest())
            let used = Set(containers.containers.flatMap { [$0.imageId, $0.imageRef] })
            let mounts = try await client.call(
                GantryMethods.listImageMounts, ListImageMountsRequest()
            ).mounts
            let images = try await client.call(Methods.listImages, ListImagesRequest()).images
            for mount in mounts {
                FileHandleOutput.error("\(mount.image) stays: it is mounted on \(mount.path)\n")
            }
            for image in images where !image.pinned && !used.contains(image.id) {
                let spec = ImageSpec(image: image.id)
                let name = (image.repoTags + [image.id])[0]
                do {
                    _ = try await client.call(Methods.removeImage, RemoveImageRequest(image: spec))
                    print(name)
                } catch {
                    // As one that came into use meanwhile.
                    FileHandleOutput.error("\(name) stays: \(error)\n")
                }
            }
        }
    }
}
