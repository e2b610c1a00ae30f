internal import Model
internal import Protobuf

/// What frames carry, and what a failure is in it.
extension Request {
    init(_ service: String, _ method: String, _ payload: [UInt8], _ limit: Duration?) {
        self.init(
            service: service, method: method, payload: payload,
            timeoutNano: limit.map(\.nanoseconds) ?? 0)
    }

    /// How long the caller waits; nil for ever.
    var limit: Duration? { timeoutNano > 0 ? .nanoseconds(timeoutNano) : nil }
}

extension Response {
    /// What a response frame brings.
    /// - Throws: the failure that it is, or that it is none.
    static func payload(_ data: [UInt8]) throws -> [UInt8] {
        let response: Response = try Codec.decode(data)
        guard let status = response.status, status.code != 0 else { return response.payload }
        throw GantryError(
            GantryError.Code(rawValue: status.code) ?? .unknown, status.message.shortened)
    }
}

extension Status {
    init(_ error: any Error) {
        switch error {
        case let error as GantryError:
            self.init(code: error.code.rawValue, message: error.description)
        case is CancellationError:
            self.init(code: GantryError.Code.cancelled.rawValue, message: "cancelled")
        default:
            self.init(code: GantryError.Code.unknown.rawValue, message: "\(error)")
        }
    }
}

extension Duration {
    /// Saturating.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? .max : sum
    }
}

extension String {
    /// Of a text from outside, as much as belongs into an error.
    package var shortened: String {
        let longest = 1024
        if utf8.count <= longest { return self }
        return String(decoding: utf8.prefix(longest), as: UTF8.self) + "…"
    }
}
