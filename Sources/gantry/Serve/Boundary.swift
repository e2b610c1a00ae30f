internal import GRPC
internal import Logging
internal import Model
internal import Service
internal import Text

/// Where errors leave the program: each is logged once, and becomes a gRPC status. Every call is
/// counted, and is a line of the log at debug.
struct Boundary: Sendable {
    let log: Logger
    let telemetry: Telemetry

    func wrap(
        _ path: String, _ body: @escaping @Sendable ([UInt8]) async throws -> [UInt8]
    ) -> GRPC.Method {
        let labels = Self.labels(path)
        return .unary { request in try await handle(labels) { try await body(request) } }
    }

    func wrap(
        _ path: String,
        _ body:
            @escaping @Sendable (
                [UInt8], @escaping @Sendable ([UInt8]) async throws -> Void
            ) async throws -> Void
    ) -> GRPC.Method {
        let labels = Self.labels(path)
        return .serverStreaming { request, writer in
            try await handle(labels) { try await body(request, writer.write) }
        }
    }

    /// Service and method of `/package.Service/Method`.
    private static func labels(_ path: String) -> [String] {
        path.split(at: "/").map(String.init)
    }

    private func handle<Result: Sendable>(
        _ labels: [String], _ body: () async throws -> Result
    ) async throws -> Result {
        let begin = ContinuousClock.now
        telemetry.began(labels)
        let parent = CallMetadata.traceparent.flatMap(TraceParent.init)
        let context = CallContext(method: labels.last ?? "", parent: parent)
        return try await CallContext.$current.withValue(context) {
            do {
                let result = try await body()
                note(labels, .ok, begin)
                return result
            } catch {
                note(labels, Self.status(of: error), begin)
                throw error
            }
        }
    }

    private func note(_ labels: [String], _ status: Status, _ begin: ContinuousClock.Instant) {
        let duration = begin.duration(to: .now)
        let code = status.codeName
        telemetry.ended(labels, code, after: duration)
        let level: Logger.Level = status.code == Status.ok.code ? .debug : .warning
        log.log(
            level: level, "\(status.message.isEmpty ? "answered" : status.message)",
            metadata: ["code": "\(code)", "duration": "\(duration)"])
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
