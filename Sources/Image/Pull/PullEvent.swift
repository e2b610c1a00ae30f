internal import ImageProtocol
internal import Model

/// What a pull tells of itself while it goes on.
public enum PullEvent: Sendable, Hashable {
    /// The image's documents are known, and its layers begin; so does a second attempt elsewhere.
    case layers([PullProgress])
    /// One layer is further than it was.
    case progress(PullProgress)
}

/// How far a pull is with one layer.
public struct PullProgress: Sendable, Hashable {
    public enum State: String, Sendable {
        /// It stands on the disk already.
        case present
        /// Nothing has come yet.
        case waiting
        case fetching
        /// Another pull fetches it, and this one waits for that.
        case shared
        /// All of it has come and is unpacked.
        case done
    }

    /// The layer's digest at the registry.
    public let digest: String
    /// Compressed bytes.
    public internal(set) var received: UInt64
    public let size: UInt64
    public let state: State

    public init(digest: String, received: UInt64, size: UInt64, state: State) {
        self.digest = digest
        self.received = received
        self.size = size
        self.state = state
    }
}

extension PullProgress {
    init(_ layer: ImageDescription.Layer, _ received: UInt64, _ state: State) {
        self.init(
            digest: layer.digest.description, received: received, size: layer.size, state: state)
    }
}
