internal import ArgumentParser
internal import CRI
internal import Glibc
internal import Kernel
internal import Model
internal import System
internal import Takeover

/// Has the daemon import archives, and prints the names that came of them.
struct Importer {
    let client: DaemonClient

    /// An import ends by itself, and not because it is long.
    private static let limit = Duration.seconds(24 * 3600)

    func run(_ path: String, name: String = "", documents: [[UInt8]] = []) async throws {
        let request = ImportImagesRequest(
            path: path, name: name, documents: documents.map { RegistryDocument(content: $0) })
        let imported = try await PullDisplay(client: client, image: path).show {
            try await client.call(GantryMethods.importImages, request, limit: Self.limit)
        }
        for image in imported?.images ?? [] {
            for name in image.names { print("\(name)  \(image.id)") }
        }
    }

    /// Imports all images of a store, one after the other, each as an archive that is there meanwhile.
    /// - Parameter staging: on the file system of the layers, and emptied at the daemon's start.
    /// - Throws: `ExitCode` when one of them failed.
    func run(_ store: any ForeignStore, staging: String) async throws {
        var failures = 0
        for image in store.images {
            do {
                try await run(image, of: store, staging)
            } catch {
                failures += 1
                let name = image.names.first ?? image.id
                FileHandleOutput.error("\(name) was not imported: \(error)\n")
            }
        }
        if failures > 0 { throw ExitCode(1) }
    }

    private func run(
        _ image: ForeignImage, of store: any ForeignStore, _ staging: String
    ) async throws {
        var template = Array("\(staging)/import-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", staging, errno: errno) }
        let directory = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        do {
            try await store.write(image, to: directory)
            try await run(directory, documents: try store.documents(of: image))
        } catch {
            try? await Trees.remove(directory)
            throw error
        }
        try await Trees.remove(directory)
    }
}
