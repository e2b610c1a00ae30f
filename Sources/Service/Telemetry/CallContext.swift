internal import Synchronization
public import Logging

/// The RPC that a task works for, by which lines of the log belong together. It goes along with
/// operations that outlive their call.
public struct CallContext: Sendable {
    /// Counts from the daemon's start.
    public let id: UInt64
    public let method: String
    /// The trace that its caller is part of.
    public let parent: TraceParent?

    @TaskLocal public static var current: CallContext?

    private static let last = Atomic<UInt64>(0)

    public init(method: String, parent: TraceParent? = nil) {
        self.parent = parent
        id = Self.last.add(1, ordering: .relaxed).newValue
        self.method = method
    }

    /// What every line of the log gets: the request that it belongs to.
    public static let metadata = Logger.MetadataProvider {
        current.map { ["request": "\($0.id)", "method": "\($0.method)"] } ?? [:]
    }
}
