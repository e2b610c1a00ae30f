public import Model

/// The near ends of a process's standard streams.
///
/// The descriptors belong to the streaming server, which closes each of them exactly once.
public struct StreamSession: Sendable {
    /// To write to; with a terminal, a duplicate of its master.
    public var stdin: Int32?
    /// To read from; with a terminal its master, where EIO is the end.
    public var stdout: Int32?
    public var stderr: Int32?
    /// Whether the session ends when the client sends no more, though the process goes on.
    public var endsWithInput: Bool
    public var resize: @Sendable (_ width: UInt16, _ height: UInt16) async -> Void
    /// Called once `stdin` was closed.
    public var inputEnded: @Sendable () async -> Void
    /// Returns when the process has ended, or when the container's output has (attach: 0).
    public var exitCode: @Sendable () async throws -> Int32

    public init(
        stdin: Int32? = nil, stdout: Int32? = nil, stderr: Int32? = nil,
        endsWithInput: Bool = false,
        resize: @escaping @Sendable (_ width: UInt16, _ height: UInt16) async -> Void = { _, _ in },
        inputEnded: @escaping @Sendable () async -> Void = {},
        exitCode: @escaping @Sendable () async throws -> Int32
    ) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.endsWithInput = endsWithInput
        self.resize = resize
        self.inputEnded = inputEnded
        self.exitCode = exitCode
    }
}

/// What the streaming server needs from the rest of the daemon.
public protocol StreamingBackend: Sendable {
    func exec(_ request: ExecRequest) async throws -> StreamSession
    func attach(_ request: AttachRequest) async throws -> StreamSession
    /// A connected nonblocking TCP socket to `port` on localhost in the pod's network namespace;
    /// the streaming server owns and closes it.
    func connect(sandbox: String, port: UInt16) async throws -> Int32
    /// Told once of each request that was begun, when its connection is over.
    func ended(_ record: StreamRecord)
}
