/// What takes the bytes of one blob as they come.
public protocol ContentSink: Sendable {
    /// How many bytes have come.
    var received: UInt64 { get }

    /// Takes the next bytes; may block.
    func write(_ bytes: RawSpan) throws
}
