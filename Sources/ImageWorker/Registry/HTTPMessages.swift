internal import ImageProtocol
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
