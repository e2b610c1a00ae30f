/// What one layer may take at most, against archives that are made to fill a disk.
public struct LayerLimits: Sendable {
    /// Bytes of the tar after inflating.
    public var bytes: UInt64
    public var entries: Int

    public init(bytes: UInt64 = 128 << 30, entries: Int = 10_000_000) {
        self.bytes = bytes
        self.entries = entries
    }
}
