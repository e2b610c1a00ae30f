internal import ArgumentParser
internal import CRI
internal import GRPC
internal import Logging
internal import Model
internal import Service

/// The daemon.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the CRI until SIGTERM; containers outlive it.")

    @OptionGroup var options: ConfigurationOptions

    /// What calls under way get at the end before they are cancelled.
    private static let grace = Duration.seconds(5)

    func run() async throws {
        let settings = try options.load().settings
        let log = Self.logger(settings)
        let signals = Signals.untilEnd()
        let nursery = Nursery()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await nursery.run() }
            defer { nursery.close() }
            let node = try await Node(settings, nursery: nursery, log: log)
            try await Recovery(node).run()
            let server = try Self.server(node, settings, log)
            log.info("serving the CRI on \(settings.socket)")
            for await signal in signals {
                log.info("ending, on signal \(signal)")
                break
            }
            node.beginShutdown()
            await server.shutdown(grace: Self.grace)
            node.leaveMonitors()
        }
    }

    private static func server(
        _ node: Node, _ settings: Settings, _ log: Logger
    ) throws -> Server {
        let table = MethodTable.serving(node)
        var methods = table.unary.map { path, body in
            (path, GRPC.Method.unary(Boundary.logging(path, log, body)))
        }
        methods += table.streaming.map { path, body in
            (path, .serverStreaming { request, writer in try await body(request, writer.write) })
        }
        return try Server(
            methods: Dictionary(uniqueKeysWithValues: methods), socketPath: settings.socket,
            translate: Boundary.status(of:))
    }

    private static func logger(_ settings: Settings) -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var log = Logger(label: "gantry")
        log.logLevel = Logger.Level(rawValue: settings.logLevel) ?? .info
        return log
    }
}
