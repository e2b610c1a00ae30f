/// What one layer may take at most, against archives that are made to fill a disk.
public struct LayerLimits: Sendable, Hashable {
    /// Bytes of the tar after inflating.
    public var bytes: UInt64
    public var entries: Int
    /// Times the compressed bytes that came so far.
    public var ratio: UInt64
    /// Bytes of the tar for which the ratio does not count: a few files of zeros are no attack.
    public var ratioFloor: UInt64

    public init(
        bytes: UInt64 = 128 << 30, entries: Int = 10_000_000, ratio: UInt64 = 200,
        ratioFloor: UInt64 = 1 << 30
    ) {
        self.bytes = bytes
        self.entries = entries
        self.ratio = ratio
        self.ratioFloor = ratioFloor
    }
}
