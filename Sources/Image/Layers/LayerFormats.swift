internal import Kernel
public import Model

/// Which formats of layers count on a node.
public struct LayerFormats: Sendable, Equatable {
    /// What pulls make, and what an image is mounted from that is there in both.
    public private(set) var preferred: LayerFormat
    /// Why images cannot be mounted by their indexes; nil when they can.
    public private(set) var reason: String?
    /// Why `auto` does not choose indexes, though they can be mounted; nil when it does.
    public let caution: String?
    /// Whether that could be found out: not on a full disk.
    private let isKnown: Bool

    public var mountsIndexes: Bool { reason == nil }

    /// Trees alone, which every node can have.
    public static let trees = LayerFormats(.tree, reason: "nobody has tried")

    init(_ preferred: LayerFormat, reason: String? = nil) {
        self.preferred = preferred
        self.reason = reason
        caution = nil
        isKnown = true
    }

    /// Finds out what the kernel and the file system of a directory can do. Where that cannot be found out now,
    /// what was indexed before can be mounted still. Blocks the thread.
    public init(below root: String) {
        do {
            let probe = try IndexProbe(below: root)
            (reason, caution, isKnown) = (probe.reason, probe.caution, true)
        } catch {
            let isIndexed = Self.hasIndexes(below: root)
            (caution, isKnown) = (nil, false)
            reason = isIndexed ? nil : "that could not be found out: \(error)"
        }
        preferred = reason == nil && caution == nil ? .erofs : .tree
    }

    private static func hasIndexes(below root: String) -> Bool {
        let layers = "\(root)/layers"
        let names = (try? Files.list(layers)) ?? []
        return names.contains { Files.exists("\(layers)/\($0)/\(TarInfo.name)") }
    }

    /// - Parameter choice: what the configuration says; nil leaves the choice to what works.
    /// - Throws: `GantryError` (`failedPrecondition`) when that does not work here.
    public func preferring(_ choice: LayerFormat?) throws(GantryError) -> LayerFormats {
        var formats = self
        formats.preferred = choice ?? preferred
        if formats.preferred == .erofs, !isKnown { formats.reason = nil }
        if formats.preferred == .erofs, let reason = formats.reason {
            throw GantryError(
                .failedPrecondition, "layer_format: \"erofs\" does not work here: \(reason)")
        }
        return formats
    }
}
