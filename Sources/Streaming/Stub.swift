public import Model

public enum StreamingRequest: Sendable {
    case exec(ExecRequest), attach(AttachRequest), portForward(PortForwardRequest)
}
public struct StreamingSettings: Sendable {
    public var address = "127.0.0.1"
    public var port: UInt16 = 0
    public var certificate: String?
    public var key: String?
    public var clientCA: String?
    public var idleTimeout: Duration = .seconds(4 * 3600)
    public var creationTimeout: Duration = .seconds(30)
    public init() {}
}
public struct StreamSession: Sendable {
    public var stdin: Int32?
    public var stdout: Int32?
    public var stderr: Int32?
    public var resize: @Sendable (_ width: UInt16, _ height: UInt16) async -> Void
    public var exitCode: @Sendable () async throws -> Int32
    public init(
        stdin: Int32? = nil, stdout: Int32? = nil, stderr: Int32? = nil,
        resize: @escaping @Sendable (_ width: UInt16, _ height: UInt16) async -> Void,
        exitCode: @escaping @Sendable () async throws -> Int32
    ) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.resize = resize
        self.exitCode = exitCode
    }
}
public protocol StreamingBackend: Sendable {
    func exec(_ request: ExecRequest) async throws -> StreamSession
    func attach(_ request: AttachRequest) async throws -> StreamSession
    func connect(sandbox: String, port: UInt16) async throws -> Int32
}
public struct StreamingServer: Sendable {
    public static func bind(_ settings: StreamingSettings) async throws -> StreamingServer {
        StreamingServer()
    }
    public func url(for request: StreamingRequest) throws -> String { "" }
    public func serve(_ backend: any StreamingBackend) async throws {}
}
