internal import CLinux
internal import Glibc
internal import Kernel
public import Model

/// A layer that stands in a directory, and what is still to be done to it.
public struct UnpackedLayer: Sendable {
    /// The digest of the plain tar (image-spec, config.md#layer-diffid).
    public let diffID: Digest
    /// What its files take on disk, in whole blocks of 4 KiB.
    public let bytes: UInt64
    public let inodes: UInt64
    /// By which damage shows later; see `ContentSum`.
    public let contents: ContentSum
    let privileges: Privileges
    let implicit: Set<EntryName>

    /// As many links as the kernel follows (path_resolution(7)).
    private static let mostLinks = 40

    /// Fits the directories that the layer has no entry for into the layers below, as if it had
    /// been unpacked on top of them.
    ///
    /// Overlay takes a directory's owner, mode, times and extended attributes from the topmost layer
    /// that has it: they are copied. Where a layer below has a symbolic link under the name, as in
    /// `lib -> usr/lib`, the directory would hide it: what is in it moves to where the link leads.
    ///
    /// - Parameters:
    ///   - directory: where this layer was unpacked.
    ///   - below: the directories of the layers below, the nearest first, fitted in already.
    public func fit(in directory: String, onto below: [String]) throws {
        let layers = try below.map { try LayerView($0, privileges) }
        let fitting = try Fitting(directory, privileges, onto: layers, contents)
        var names = implicit
        for _ in 0...Self.mostLinks where !names.isEmpty {
            var moved: Set<EntryName> = []
            // A directory comes before what is in it.
            for name in names.sorted(by: { $0.bytes.count < $1.bytes.count }) {
                moved.formUnion(try fitting.fit(name, among: names))
            }
            names = moved
        }
        if let name = names.first {
            throw GantryError(.invalidArgument, "\(name): too many symbolic links in the image")
        }
    }
}
