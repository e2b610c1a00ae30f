internal import Archive
internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model

/// The files of a layer, and what fitting them into the layers below needs to know, since another
/// process may do that.
struct StagedDirectory: Sendable {
    private let directory: OpenFile
    /// Nil for a layer that is finished.
    private let implicit: OpenFile?

    /// - Throws: `GantryError` when the directory is missing.
    init(_ descriptors: [OpenFile]) throws(GantryError) {
        guard let first = descriptors.first else {
            throw GantryError(.internal, "a descriptor is missing")
        }
        directory = first
        implicit = descriptors.dropFirst().first
    }

    /// Where they are.
    var files: String { directory.path }

    func write(_ unpacked: UnpackedLayer) throws {
        guard let implicit else { return }
        let file = try Files.open(implicit.path, O_WRONLY | O_TRUNC)
        try Files.writeAll(unpacked.implicitNames, to: file, "the names of directories")
    }

    func read(_ privileges: Privileges) throws -> UnpackedLayer {
        let names = try implicit.map { try Files.read($0.path) } ?? []
        return try UnpackedLayer(implicitNames: names, privileges)
    }
}
