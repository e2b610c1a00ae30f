internal import ArgumentParser
internal import CRI
internal import Model

extension ImageCommand {
    struct Tag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an image one more name on this node.")

        @Argument(help: "Name or ID of the image.")
        var image: String

        @Argument(help: "The new name. Another image that has it loses it.")
        var name: String

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let answer = try await DaemonClient(options).call(
                GantryMethods.tagImage, TagImageRequest(image: image, name: name))
            print(answer.name)
        }
    }

    struct Untag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take names from images.",
            discussion: "An image without a name stays until it is removed by its ID or pruned.")

        @Argument(help: "Names, each with a tag or a digest.")
        var names: [String]

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let client = try DaemonClient(options)
            for name in names {
                let answer = try await client.call(
                    GantryMethods.untagImage, UntagImageRequest(name: name))
                print(answer.image)
            }
        }
    }

    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Spare images from garbage collection and from prune.")

        @Argument(help: "Names or IDs of images.")
        var images: [String]

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await ImageCommand.pin(images, true, options)
        }
    }

    struct Unpin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let garbage collection have images again.")

        @Argument(help: "Names or IDs of images.")
        var images: [String]

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await ImageCommand.pin(images, false, options)
        }
    }

    private static func pin(
        _ images: [String], _ pinned: Bool, _ options: ConfigurationOptions
    ) async throws {
        let client = try DaemonClient(options)
        for image in images {
            let answer = try await client.call(
                GantryMethods.pinImage, PinImageRequest(image: image, pinned: pinned))
            print(answer.image)
        }
    }
}
