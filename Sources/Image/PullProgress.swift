/// How far a pull is with one layer.
public struct PullProgress: Sendable, Hashable {
    /// The layer's digest at the registry.
    public let digest: String
    /// Compressed bytes.
    public let received: UInt64
    public let size: UInt64
    /// Whether another pull fetches it, and this one waits for that.
    public let isAnothers: Bool
}
