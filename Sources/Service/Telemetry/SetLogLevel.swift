internal import Logging
internal import Model

/// Changes how much is logged, at once and until the daemon ends.
struct SetLogLevel: RPC {
    let node: Node

    /// - Throws: `invalidArgument` for what is no level.
    func respond(to request: SetLogLevelRequest) async throws -> SetLogLevelResponse {
        guard let level = Logger.Level(rawValue: request.level) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw GantryError(.invalidArgument, "\"\(request.level)\" is none of \(known)")
        }
        // All copies of the daemon's logger share their level.
        var log = node.log
        let previous = log.logLevel
        log.logLevel = level
        return SetLogLevelResponse(previous: previous.rawValue)
    }
}
