public import Model

/// What a one-time URL stands for.
public enum StreamingRequest: Sendable {
    case exec(ExecRequest)
    case attach(AttachRequest)
    case portForward(PortForwardRequest)

    /// The first component of the URL's path.
    public var verb: String {
        switch self {
        case .exec: "exec"
        case .attach: "attach"
        case .portForward: "portforward"
        }
    }
}

/// Where and how the streaming server listens.
public struct StreamingSettings: Sendable {
    public var address = "127.0.0.1"
    /// 0: the kernel chooses.
    public var port: UInt16 = 0
    /// Files in PEM form. With a certificate, the server speaks TLS.
    public var certificate: String?
    public var key: String?
    /// When given, clients have to show a certificate that one of these authorities has signed.
    public var clientCA: String?
    /// Whether TLS 1.2 is refused.
    public var needsTLS13 = false
    /// A connection on which nothing was sent for so long is closed.
    public var idleTimeout: Duration = .seconds(4 * 3600)
    /// How long a client may take until all of its streams are there.
    public var creationTimeout: Duration = .seconds(30)
    /// How many clients may be connected at once.
    public var connections = 1000

    public init() {}
}
