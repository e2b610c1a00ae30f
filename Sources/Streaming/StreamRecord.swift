/// One exec, attach or port-forward that is over, for an audit trail.
public struct StreamRecord: Sendable {
    public enum End: Sendable, Equatable {
        /// The command has ended; for an attach, the container's output has (0).
        case exited(Int32)
        /// It could not be carried out.
        case failed(String)
        /// The connection was closed before: by the client, for being idle, or by the daemon's end.
        case closed
    }

    public let request: StreamingRequest
    /// The address that the connection came from.
    public let client: String
    public let duration: Duration
    public let end: End
    /// Ports that were connected to, the first few of them.
    public let ports: [UInt16]
}
