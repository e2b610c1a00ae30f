internal import Archive
internal import Glibc
internal import ImageProtocol
internal import ImageTree
internal import Kernel
internal import Model

/// The files of a layer, and what fitting them into the layers below needs to know, since another
/// process may do that.
struct StagedDirectory: Sendable {
    private let directory: OpenFile
    /// Nil for a layer that is finished.
    private let notes: OpenFile?

    /// - Throws: `GantryError` when the directory is missing.
    init(_ descriptors: [OpenFile]) throws(GantryError) {
        guard let first = descriptors.first else {
            throw GantryError(.internal, "a descriptor is missing")
        }
        directory = first
        notes = descriptors.dropFirst().first
    }

    /// Where they are.
    var files: String { directory.path }

    func write(_ unpacked: UnpackedLayer) throws {
        guard let notes else { return }
        let file = try Files.open(notes.path, O_WRONLY | O_TRUNC)
        try Files.writeAll(unpacked.notes, to: file, "what is known of a layer")
    }

    func read(_ privileges: Privileges, _ limits: LayerLimits) throws -> UnpackedLayer {
        guard let notes else {
            throw GantryError(.internal, "a finished layer cannot be fitted")
        }
        return try UnpackedLayer(notes: try Files.read(notes.path), privileges, limits)
    }
}
