internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import System

/// A read-only mount of an image's files, with which no container has to do.
public struct ImageView: Sendable {
    private let layers: Layers
    /// A directory without anything in it: overlay wants two layers where nothing is written.
    private let empty: String

    public init(_ layers: Layers, empty: String) {
        self.layers = layers
        self.empty = empty
    }

    /// Mounts it with neither devices nor set-user-ID programs. Blocks.
    /// - Parameters:
    ///   - chains: chain IDs of the image's layers, the lowest first.
    ///   - source: what the mount table shows as the mount's source.
    /// - Throws: `GantryError` (`failedPrecondition`) when a layer is not there, `SystemError`.
    public func mount(_ chains: [String], on target: String, source: String) throws {
        guard let format = layers.format(of: chains) else {
            throw GantryError(
                .failedPrecondition,
                "the image cannot be mounted: \(layers.missing(chains) ?? "it has just gone")")
        }
        guard format == .erofs, let indexed = layers.indexed(chains) else {
            return try mountTrees(chains.reversed().map(layers.path(of:)), on: target, source)
        }
        let image = try IndexMount(index: indexed.index, tars: indexed.tars)
        let nothing = try Files.open(empty, GANTRY_O_PATH | GANTRY_O_DIRECTORY)
        try DetachedMount(
            type: "overlay",
            [
                .text("source", source), .descriptor("lowerdir+", image.mount.descriptor.raw),
                .descriptor("lowerdir+", nothing.raw),
            ], [.readOnly, .noSuid, .noDev]
        ).attach(to: target)
    }

    private func mountTrees(_ trees: [String], on target: String, _ source: String) throws {
        let lower = Overlay.visible(trees + [empty])
        let plain = Self.options(lower.map(Overlay.escaped))
        if plain.utf8.count <= Overlay.mostOptions {
            return try Mounts.mountNow(
                source, on: target, type: "overlay", flags: Self.flags, data: plain)
        }
        var opened: [Int32] = []
        defer { opened.forEach { close($0) } }
        for directory in lower {
            let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
            opened.append(try Files.open(directory, flags).release())
        }
        try Mounts.mountByNumberNow(
            source, on: target, type: "overlay", flags: Self.flags,
            data: Self.options(opened.map { "\($0)" }))
    }

    private static let flags: Mounts.Flags = [.readOnly, .noSuid, .noDev]

    private static func options(_ lower: [String]) -> String {
        "lowerdir=\(lower.joined(separator: ":"))"
    }
}
