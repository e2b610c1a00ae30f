internal import Model

/// One request of HTTP; redirects are not followed, so that the caller decides what goes along.
struct HTTPRequest: Sendable {
    var url: String
    /// `Name: value` each.
    var headers: [String] = []
    /// A form to POST; nil is a GET.
    var form: String?
    /// Certificates are not checked.
    var isInsecure = false
    var trust = Trust()
    /// Empty is none; nil is what the environment says.
    var proxy: String?
}

struct HTTPResponse: Sendable {
    let status: Int
    let contentType: String
    /// Where a redirect points, made absolute.
    let location: String?
    /// `WWW-Authenticate`, as often as it came.
    let challenges: [String]
    /// Seconds, when the server asks for a pause.
    let retryAfter: Int?
    /// The body when it was collected, or the beginning of an error's.
    let body: [UInt8]

    var isSuccess: Bool { (200..<300).contains(status) }
}

/// Where a successful response's body goes.
enum HTTPBody: Sendable {
    /// Into memory; more bytes than these are an error.
    case collect(limit: Int)
    /// Piece by piece, on the transfer's thread.
    case stream(@Sendable (HTTPHead, RawSpan) throws -> Void)
}

/// What a response says before its body.
struct HTTPHead: Sendable {
    let status: Int
    let contentRange: String?
    /// Whether ranges may be asked for (RFC 9110, 14.3).
    let acceptsRanges: Bool
}

/// The connection failed: no response, or not the whole of one.
struct TransferError: Error, CustomStringConvertible {
    /// As it may be printed.
    let url: String
    /// libcurl's own words.
    let reason: String
    /// Whether a response had begun.
    let isAnswered: Bool

    var description: String { "\(url): \(reason)" }
}

/// How long a registry may let us wait. There is no limit on the whole: a large layer over a slow
/// line is fine as long as it comes.
public struct HTTPPatience: Sendable {
    /// Milliseconds until the connection stands, name lookup and TLS included.
    public var connect: Int
    /// Seconds in which a transfer may stay below `slowestBytes` a second.
    public var stall: Int
    public var slowestBytes: Int
    /// Seconds of waiting in which `leastBytes` must have come, whatever was on the way meanwhile.
    public var window: Int
    public var leastBytes: Int

    public init(
        connect: Int = 15_000, stall: Int = 30, slowestBytes: Int = 16, window: Int = 120,
        leastBytes: Int = 120 << 10
    ) {
        self.connect = connect
        self.stall = stall
        self.slowestBytes = slowestBytes
        self.window = window
        self.leastBytes = leastBytes
    }
}
