internal import Archive
internal import ImageProtocol
internal import Model

/// One request of HTTP; redirects are not followed, so that the caller decides what goes along.
struct HTTPRequest: Sendable {
    var url: String
    /// `Name: value` each.
    var headers: [String] = []
    /// A form to POST; nil is what `method` says.
    var form: String?
    var method = HTTPMethod.get
    /// Certificates are not checked.
    var isInsecure = false
    var trust = Trust()
    /// Empty is none; nil is what the environment says.
    var proxy: String?
}

enum HTTPMethod: Sendable {
    case get, head
    /// Without a body.
    case post
    case put(HTTPContent)
}

/// The body of a request.
enum HTTPContent: Sendable {
    case bytes([UInt8])
    case part(FilePart)

    var size: UInt64 {
        switch self {
        case .bytes(let bytes): UInt64(bytes.count)
        case .part(let part): part.size
        }
    }

    /// Some of the bytes at `position`, of which there are some. Blocks.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: UInt64) throws -> Int {
        switch self {
        case .bytes(let bytes):
            let rest = bytes[Int(position)...].prefix(buffer.count)
            buffer.copyBytes(from: rest)
            return rest.count
        case .part(let part):
            let wanted = Int(min(UInt64(buffer.count), part.size - position))
            return try part.read(into: buffer, wanted, at: position)
        }
    }
}

struct HTTPResponse: Sendable {
    let status: Int
    let contentType: String
    /// Where a redirect points, made absolute.
    let location: String?
    /// `Location` as it came: where an upload goes on (distribution-spec, "Pushing blobs").
    let place: String?
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
