public import EROFS
public import ImageProtocol
internal import Model

/// The index of an image: one EROFS file system over the tars of its layers.
public struct LayerIndex {
    /// - Parameters:
    ///   - layers: the tars, none compressed, the lowest layer first; each is a device of the image.
    ///   - tags: what each device is called, up to 64 bytes.
    ///   - identity: the file system's UUID.
    ///   - isCancelled: asked again and again.
    /// - Throws: as `MergedLayers` and `Metadata`; `SystemError`.
    public static func make(
        _ layers: [FilePart], tags: [[UInt8]], identity: [UInt8],
        limits: LayerLimits = LayerLimits(), isCancelled: () -> Bool = { false }
    ) throws -> Metadata {
        var merged = try MergedLayers(limits: limits)
        for (device, layer) in layers.enumerated() {
            try merged.add(layer, device: device, isCancelled: isCancelled)
        }
        let devices = zip(layers, tags).map { Device(size: ($0.size + 511) & ~511, tag: $1) }
        return try Metadata(merged.inodes(), devices: devices, identity: identity)
    }
}

extension MergedLayers {
    /// Lays a layer on top, of whose tar the headers alone are read.
    /// - Parameters:
    ///   - device: the tar's place among the devices of the image.
    ///   - isCancelled: asked again and again.
    /// - Throws: `GantryError`: `dataLoss` for what is no tar, `invalidArgument` for what no container
    ///   could use, `resourceExhausted` beyond the limits; `SystemError`; `CancellationError`. No layer
    ///   can be added then.
    public mutating func add(
        _ tar: FilePart, device: Int, isCancelled: () -> Bool = { false }
    ) throws {
        let parser = TarParser(StoredTar(tar))
        try add(isCancelled) {
            while let header = try parser.next() {
                if let member = try LayerMember(header, device: device) { return member }
            }
            return nil
        }
    }
}
