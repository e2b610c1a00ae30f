internal import ImageProtocol
internal import Model

extension LayerLimits {
    /// Deflate makes at most 1,032 bytes of one and zstd tens of thousands; files make ten at most,
    /// and images of disks more only while they begin with nothing.
    func check(
        _ content: String = "layer", inflated: UInt64, from compressed: UInt64
    ) throws(GantryError) {
        try check("the \(content)", inflated)
        if inflated > ratioFloor, inflated / ratio > compressed {
            throw GantryError(
                .resourceExhausted,
                "the \(content) unpacks to more than \(ratio) times its compressed size:"
                    + " \(inflated) bytes of \(compressed)")
        }
    }
}
