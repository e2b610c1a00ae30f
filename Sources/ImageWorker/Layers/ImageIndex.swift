internal import Archive
internal import EROFS
internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model

/// The index of an image on its way into a file.
struct ImageIndex: Sendable {
    /// By chain ID, the lowest first.
    let layers: [(chain: String, tar: OpenFile)]
    let limits: LayerLimits

    /// Equal layers give equal bytes. Blocks.
    /// - Parameter file: empty, open for reading too.
    func write(to file: OpenFile, isCancelled: () -> Bool) throws -> IndexDescription {
        let tars = try layers.map {
            try FilePart(whole: try $0.tar.descriptor.duplicate(), "layer \($0.chain)")
        }
        let names = layers.map { Array($0.chain.utf8.suffix(64)) }
        let metadata = try LayerIndex.make(
            tars, tags: names, identity: Self.identity(names.last ?? []), limits: limits,
            isCancelled: isCancelled)
        _ = try IndexFile(metadata, over: tars).write(to: file.descriptor, isCancelled: isCancelled)
        let written = try FilePart(whole: try file.descriptor.duplicate(), "the index")
        return IndexDescription(
            digest: try written.digest(), size: written.size,
            files: UInt64(clamping: metadata.inodes))
    }

    /// The first sixteen bytes of the uppermost layer's chain ID.
    private static func identity(_ hex: [UInt8]) -> [UInt8] {
        stride(from: 0, to: 32, by: 2).map { place in
            let digits = hex.dropFirst(place).prefix(2)
            return UInt8(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0
        }
    }
}
