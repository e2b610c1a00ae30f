/// When a layer is fetched in ranges, and in which.
///
/// One connection is the cheapest way as long as it keeps the unpacking busy. It may not: some
/// registries limit each connection, and on a long way one has only so many bytes in flight. A long
/// layer therefore begins over one, and goes on in ranges when that turns out to be slow.
public struct LongLayers: Sendable, Hashable {
    /// Compressed bytes from which a layer is long.
    public var threshold: UInt64
    /// Bytes after which the line is judged, again and again.
    public var trial: UInt64 = 16 << 20
    /// The part of that time which must have gone into waiting for bytes, 0 to 1.
    public var idleShare = 0.5
    /// The window: at most so many ranges of so many bytes are asked for or in memory.
    public var rangesAtOnce = 4
    public var rangeLength: UInt64 = 8 << 20

    public init(threshold: UInt64 = 256 << 20) {
        self.threshold = threshold
    }
}
