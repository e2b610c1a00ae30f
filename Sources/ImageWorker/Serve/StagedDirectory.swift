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

    /// Where they are, as long as somebody holds this value.
    var files: String { Files.path(of: directory.raw) }

    func measure() throws -> UInt64 { try directory.withPath { try ContentSum.measure($0) } }

    func write(_ unpacked: UnpackedLayer) throws {
        guard let notes else { return }
        let file = try notes.withPath { try Files.open($0, O_WRONLY | O_TRUNC) }
        try Files.writeAll(unpacked.notes, to: file, "what is known of a layer")
    }

    func read(_ privileges: Privileges, _ limits: LayerLimits) throws -> UnpackedLayer {
        guard let notes else {
            throw GantryError(.internal, "a finished layer cannot be fitted")
        }
        let bytes = try notes.withPath { try Files.read($0) }
        return try UnpackedLayer(notes: bytes, privileges, limits)
    }
}
