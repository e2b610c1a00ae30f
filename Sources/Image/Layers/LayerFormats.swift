public import Model

/// Which formats of layers count on a node.
public struct LayerFormats: Sendable, Equatable {
    /// What pulls make, and what an image is mounted from that is there in both.
    public private(set) var preferred: LayerFormat
    /// Why images cannot be mounted by their indexes; nil when they can.
    public let reason: String?
    /// Why `auto` does not choose indexes, though they can be mounted; nil when it does.
    public let caution: String?

    public var mountsIndexes: Bool { reason == nil }

    /// Trees alone, which every node can have.
    public static let trees = LayerFormats(.tree, reason: "nobody has tried")

    init(_ preferred: LayerFormat, reason: String? = nil) {
        self.preferred = preferred
        self.reason = reason
        caution = nil
    }

    /// Finds out what the kernel and the file system of a directory can do. Blocks the thread.
    public init(below root: String) {
        let probe = IndexProbe(below: root)
        reason = probe.reason
        caution = probe.caution
        preferred = reason == nil && caution == nil ? .erofs : .tree
    }

    /// - Parameter choice: what the configuration says; nil leaves the choice to what works.
    /// - Throws: `GantryError` (`failedPrecondition`) when that does not work here.
    public func preferring(_ choice: LayerFormat?) throws(GantryError) -> LayerFormats {
        var formats = self
        formats.preferred = choice ?? preferred
        if formats.preferred == .erofs, let reason {
            throw GantryError(
                .failedPrecondition, "layer_format: \"erofs\" does not work here: \(reason)")
        }
        return formats
    }
}
