public import Model

/// What one layer may take at most, against archives that are made to fill a disk.
public struct LayerLimits: Sendable, Hashable {
    /// Bytes of the tar after inflating.
    public var bytes: UInt64
    public var entries: Int
    /// Times the compressed bytes that came so far.
    public var ratio: UInt64
    /// Bytes of the tar for which the ratio does not count: a few files of zeros are no attack.
    public var ratioFloor: UInt64
    /// Bytes of memory for what must be known until the layer's end, the names of its directories above
    /// all: over three hundred thousand of them.
    public var names: Int
    /// Bytes of memory for an image's index, which has all of its files: about three million.
    public var index: Int

    public init(
        bytes: UInt64 = 128 << 30, entries: Int = 10_000_000, ratio: UInt64 = 200,
        ratioFloor: UInt64 = 1 << 30, names: Int = 64 << 20, index: Int = 1 << 30
    ) {
        self.bytes = bytes
        self.entries = entries
        self.ratio = ratio
        self.ratioFloor = ratioFloor
        self.names = names
        self.index = index
    }

    /// - Parameter size: of what must not be larger than a layer may be.
    public func check(_ content: @autoclosure () -> String, _ size: UInt64) throws(GantryError) {
        if size > bytes {
            throw GantryError(
                .resourceExhausted, "\(content()) is larger than the limit of \(bytes) bytes")
        }
    }
}
