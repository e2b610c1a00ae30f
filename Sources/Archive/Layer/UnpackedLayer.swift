internal import ImageProtocol
internal import ImageTree
internal import Kernel
public import Model

/// A layer that stands in a directory, and what is still to be done to it.
public struct UnpackedLayer: Sendable {
    /// The digest of the plain tar (image-spec, config.md#layer-diffid).
    public let diffID: Digest
    /// What its files take on disk, in whole blocks of 4 KiB.
    public internal(set) var bytes: UInt64
    public let inodes: UInt64
    /// By which damage shows later; see `ContentSum`.
    public let contents: ContentSum
    let privileges: Privileges
    let implicit: Set<EntryName>
    let linksBelow: [LinkBelow]
    let limits: LayerLimits

    /// As many links as the kernel follows (path_resolution(7)).
    static let mostLinks = 40

    /// Fits the layer into the layers below, as if it had been unpacked on top of them.
    ///
    /// A hard link to a file of a layer below becomes a copy of it. Overlay takes a directory's owner,
    /// mode, times and extended attributes from the topmost layer that has it: those of directories
    /// that the layer has no entry for are copied. Where a layer below has a symbolic link under the
    /// name, as in `lib -> usr/lib`, the directory would hide it: what is in it moves to where the link
    /// leads.
    ///
    /// The work grows with the number of such directories and of what is in them, and not with their
    /// square. It blocks, and cannot be done twice.
    /// - Parameters:
    ///   - directory: where this layer was unpacked.
    ///   - below: the layers below, the nearest first, fitted in already.
    ///   - isCancelled: asked again and again.
    /// - Returns: the layer with what its copies take.
    /// - Throws: `GantryError` (`invalidArgument`, `resourceExhausted`), `SystemError`,
    ///   `CancellationError`.
    public func fit(
        in directory: String, onto below: [LayerPlace], isCancelled: () -> Bool = { false }
    ) throws -> UnpackedLayer {
        let layers = try below.map { try LayerView($0, privileges) }
        var fitted = self
        fitted.bytes = bytes.plus(try CopiesOfLinks(directory, self, layers).run(isCancelled))
        let fitting = try Fitting(directory, privileges, onto: layers, contents, limits)
        var names = implicit
        for _ in 0...Self.mostLinks where !names.isEmpty {
            names = try fitting.fit(names, isCancelled)
        }
        if let name = names.first {
            throw GantryError(.invalidArgument, "\(name): too many symbolic links in the image")
        }
        return fitted
    }
}
