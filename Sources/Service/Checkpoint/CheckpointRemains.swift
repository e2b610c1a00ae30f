internal import Kernel
internal import System

/// The directory of a checkpoint under way: the files that go into the archive, and the name of the archive
/// while it is not whole.
struct CheckpointRemains: Sendable {
    let directory: String

    var files: String { "\(directory)/files" }
    private var partial: String { "\(directory)/partial" }

    /// Blocks nobody; what an earlier one has left goes.
    func begin(_ place: CheckpointPlace) async throws {
        try await remove()
        try await Blocking.run {
            try Files.makePrivateDirectory(directory)
            try Files.replace(partial, with: Array(place.partial.utf8))
            try Files.makePrivateDirectory("\(files)/checkpoint")
        }
    }

    /// Safe to repeat.
    func remove() async throws {
        try await Blocking.run {
            if Files.exists(partial) { try Files.remove(try Files.readText(partial)) }
        }
        try await Trees.remove(directory)
    }
}
