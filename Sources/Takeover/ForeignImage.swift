/// An image in the store of another runtime.
public struct ForeignImage: Sendable, Equatable {
    /// As that runtime calls it.
    public let id: String
    /// Whole names, with tags or digests.
    public let names: [String]
}

/// The images of another runtime, on this node's disk.
public protocol ForeignStore: Sendable {
    /// Sorted by name; those without a name are not told of.
    var images: [ForeignImage] { get }
    /// Writes an image into an empty directory, as an archive that can be imported. Whether all is what
    /// its digests say is checked by whoever imports it.
    /// - Throws: `GantryError`, `SystemError`.
    func write(_ image: ForeignImage, to directory: String) async throws
    /// The manifests and indexes by which registries know an image that is written without them.
    func documents(of image: ForeignImage) throws -> [[UInt8]]
}

extension ForeignStore {
    public func documents(of image: ForeignImage) throws -> [[UInt8]] { [] }
}
