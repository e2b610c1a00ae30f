public import Kernel

/// A program's output that nobody has asked for: it is read and thrown away. It stands in the place of
/// the node's `/dev/null`, whose mode and owner root of a container could change through the descriptor.
public final class DiscardedOutput: Sendable {
    private let source: Descriptor

    /// - Parameter source: the read end of a pipe.
    public init(_ source: consuming Descriptor) throws {
        try source.setNonblocking()
        self.source = source
    }

    /// Returns when all writers are gone, or the task is cancelled.
    public func drain() async {
        _ = await source.collect(0)
    }
}
