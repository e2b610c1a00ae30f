internal import ArgumentParser
internal import CRI
internal import FoundationEssentials
internal import Model

extension ImageCommand {
    struct Inspect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print an image's names, size and configuration as JSON.")

        @Argument(help: "Name or ID of the image.")
        var image: String

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let answer = try await DaemonClient(options).call(
                Methods.imageStatus,
                ImageStatusRequest(image: ImageSpec(image: image), verbose: true))
            guard answer.image != nil else {
                throw GantryError(.notFound, "image \(image) is not here")
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            var value = answer.json()
            if let info = answer.info["info"] {
                let parsed = try JSONDecoder().decode(JSONValue.self, from: Data(info.utf8))
                value = value.with("info", parsed)
            }
            print(String(decoding: try encoder.encode(value), as: UTF8.self))
        }
    }

    struct Usage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the disk usage of images and of containers.")

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let info = try await DaemonClient(options).call(
                Methods.imageFsInfo, ImageFsInfoRequest())
            let parts = [
                ("images", info.imageFilesystems), ("containers", info.containerFilesystems),
            ]
            for (name, filesystems) in parts {
                for each in filesystems {
                    let bytes = ImageTable.size(each.usedBytes?.value ?? 0)
                    let place = each.fsId?.mountpoint ?? ""
                    print("\(name)  \(bytes), \(each.inodesUsed?.value ?? 0) inodes  \(place)")
                }
            }
        }
    }
}

extension JSONValue {
    /// An object with one more member.
    fileprivate func with(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members[name] = value
        return .object(members)
    }
}
