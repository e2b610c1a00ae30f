/// What went wrong, in the terms in which a caller of the CRI can act on it.
///
/// Every room throws this type (or a type of its own that it wraps as `cause`). The boundary in
/// `gantry` turns it into a gRPC status and logs it, once.
public struct GantryError: Error, Sendable {
    /// The gRPC status codes (grpc.io/docs/guides/status-codes) that Gantry answers with.
    public enum Code: Int32, Sendable {
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }

    public let code: Code
    /// What failed and on what, as a sentence fragment without a full stop.
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Says what was being done when `error` came up, and keeps its code if it has one.
    public init(_ doing: String, from error: any Error) {
        let code = (error as? GantryError)?.code ?? .internal
        self.init(code, doing, cause: error)
    }
}

extension GantryError: CustomStringConvertible {
    /// The message and all its causes, outermost first, joined by colons.
    public var description: String {
        guard let cause else { return message }
        return "\(message): \(cause)"
    }
}
