internal import ArgumentParser
internal import CRI
internal import Glibc
internal import Kernel
internal import Model

extension ImageCommand {
    struct Mount: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Mount an image on a directory; without arguments, list mounts.",
            discussion: """
                The mount is read-only, without devices and set-user-ID programs. It stays until gantry image \
                unmount or the next boot, whatever becomes of the daemon. Meanwhile the image is not removed.
                """)

        @Argument(help: "Name or ID of the image.")
        var image: String?

        @Argument(help: "Directory to mount it on.", completion: .directory)
        var directory: String?

        @OptionGroup var options: ConfigurationOptions

        func validate() throws {
            guard (image == nil) == (directory == nil) else {
                throw ValidationError("want IMAGE and DIRECTORY, or neither")
            }
        }

        func run() async throws {
            let client = try DaemonClient(options)
            guard let image, let directory else {
                let answer = try await client.call(
                    GantryMethods.listImageMounts, ListImageMountsRequest())
                for mount in answer.mounts { print("\(mount.path)  \(mount.image)") }
                return
            }
            let request = MountImageRequest(image: image, path: try AbsolutePath.of(directory))
            print(try await client.call(GantryMethods.mountImage, request).image)
        }
    }

    struct Unmount: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Unmount images from directories.",
            discussion: "Only what gantry image mount has mounted is unmounted.")

        @Argument(help: "Directories.", completion: .directory)
        var directories: [String]

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let client = try DaemonClient(options)
            for directory in directories {
                let request = UnmountImageRequest(path: try AbsolutePath.of(directory))
                print(try await client.call(GantryMethods.unmountImage, request).image)
            }
        }
    }
}

/// The daemon has a working directory of its own.
enum AbsolutePath {
    /// Without symbolic links.
    static func of(_ path: String) throws -> String {
        guard let found = realpath(path, nil) else {
            throw SystemError("open", path, errno: errno)
        }
        defer { free(found) }
        return String(cString: found)
    }
}
