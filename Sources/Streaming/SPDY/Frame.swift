internal import NIOCore

/// A frame of SPDY/3.1 (chromium.org/spdy/spdy-protocol, section 2.6).
enum SPDYFrame: Equatable {
    case synStream(stream: UInt32, headers: [SPDYHeader], isLast: Bool)
    case synReply(stream: UInt32, headers: [SPDYHeader], isLast: Bool)
    case reset(stream: UInt32, status: UInt32)
    case settings
    case ping(UInt32)
    case goAway(lastStream: UInt32, status: UInt32)
    case headers(stream: UInt32, headers: [SPDYHeader], isLast: Bool)
    case windowUpdate(stream: UInt32, delta: UInt32)
    case data(stream: UInt32, bytes: ByteBuffer, isLast: Bool)
}

/// A name, in lower case, and its value.
struct SPDYHeader: Equatable {
    var name: String
    var value: String
}

extension [SPDYHeader] {
    subscript(name: String) -> String? { first { $0.name == name }?.value }
}

/// The types of control frames.
enum SPDYFrameType: UInt16 {
    case synStream = 1
    case synReply = 2
    case reset = 3
    case settings = 4
    case ping = 6
    case goAway = 7
    case headers = 8
    case windowUpdate = 9
}

/// Why a connection cannot go on.
struct SPDYError: Error, Equatable {
    var what: String

    init(_ what: String) {
        self.what = what
    }
}

/// What a peer may make us hold in memory.
enum SPDYLimits {
    /// Clients send what they have read from a file or a socket at once; none is near this.
    static let dataFrame = 1 << 20
    static let controlFrame = 64 << 10
    /// Of a header block, inflated.
    static let headerBlock = 64 << 10
    static let headerCount = 100
    static let streams = 2000
}
