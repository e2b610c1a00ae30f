internal import GRPC
internal import Logging
internal import Model

/// Where errors leave the program: each is logged once, and becomes a gRPC status.
struct Boundary {
    /// Logs how a call went: at debug when it went well, else with what was wrong.
    static func logging(
        _ path: String, _ log: Logger, _ body: @escaping @Sendable ([UInt8]) async throws -> [UInt8]
    ) -> @Sendable ([UInt8]) async throws -> [UInt8] {
        let name = String(path.split(separator: "/").last ?? "")
        return { request in
            let begin = ContinuousClock.now
            do {
                let response = try await body(request)
                log.debug("\(name): ok in \(begin.duration(to: .now))")
                return response
            } catch {
                log.warning("\(name): \(error)")
                throw error
            }
        }
    }

    static func status(of error: any Error) -> Status {
        switch error {
        case let error as GantryError:
            Status(code: error.code.rawValue, message: error.description)
        case is CancellationError:
            Status(code: GantryError.Code.cancelled.rawValue, message: "the caller went away")
        default:
            Status(code: GantryError.Code.unknown.rawValue, message: "\(error)")
        }
    }
}
