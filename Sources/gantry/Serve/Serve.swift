internal import ArgumentParser
internal import CRI
internal import FoundationEssentials
internal import GRPC
internal import Glibc
internal import Kernel
internal import Logging
internal import Model
internal import Service
internal import Streaming
internal import System

/// The daemon.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon: serve the CRI until SIGTERM. Containers keep running.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        // What is for all, such as a pod's /etc/hosts, is so whoever started the daemon.
        umask(0o022)
        Heap.bound()
        let signals = try Signals()
        var settings = try options.load().settings
        let limits = try OpenFiles.raise()
        settings.takeOpenFiles(limits)
        let log = Self.logger(settings)
        let control = Control(log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await control.run(signals) }
            try await serve(settings, limits, control, log)
            group.cancelAll()
        }
    }

    /// What the start has for pods of before.
    private static let patience = Duration.seconds(10)

    private func serve(
        _ settings: Settings, _ limits: OpenFiles, _ control: Control, _ log: Logger
    ) async throws {
        let manager = ServiceManager(ProcessInfo.processInfo.environment)
        manager.tell(.status("finding the pods of before"))
        let nursery = Nursery()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await nursery.run() }
            defer { nursery.close() }
            let streaming = try await StreamingServer.bind(settings.streaming)
            let node = try await Node(
                settings, nursery: nursery, log: log, streaming: streaming)
            try await Recovery(node).run(patience: Self.patience)
            node.tryHandlersAgain()
            await node.startPlugins()
            let traces = try await Blocking.run {
                let host = ProcessInfo.processInfo.hostName
                return try TraceExport(settings, node.spans, host: host, log)
            }
            // Before the CRI, whose answering is what everybody takes for the end of the start.
            let metrics = try await MetricsEndpoint.start(settings) { node.exposition() }
            let server = try Self.server(node, .serving(node), settings.socket, log)
            let figures = try Self.containerd(node, settings, log)
            control.serves(
                node,
                Reload(
                    options: options, limits: limits, streaming: streaming, metrics: metrics,
                    manager: manager, log: log))
            node.importImageDirectories()
            log.info("serving the CRI on \(settings.socket)")
            manager.tell(.ready, .status("serving the CRI on \(settings.socket)"))
            ProgramCode.unmapSoon()
            await withDiscardingTaskGroup { streams in
                streams.addTask { await Self.stream(streaming, node, log) }
                let watchdog = Watchdog(manager: manager, socket: settings.socket, log: log)
                streams.addTask { await watchdog.run() }
                if let traces { streams.addTask { await traces.run() } }
                for await _ in control.end.stream { break }
                manager.tell(.stopping)
                node.beginShutdown()
                await server.shutdown(grace: Control.grace)
                await figures?.shutdown(grace: .zero)
                streams.cancelAll()
            }
            await metrics?.stop(settings)
            node.leaveMonitors()
        }
    }

    /// Until it is cancelled.
    private static func stream(_ server: StreamingServer, _ node: Node, _ log: Logger) async {
        do {
            try await server.serve(NodeStreams(node))
        } catch {
            if !Task.isCancelled { log.error("streaming: \(error)") }
        }
    }

    /// Where cAdvisor looks by itself, on nodes that have no containerd.
    private static func containerd(
        _ node: Node, _ settings: Settings, _ log: Logger
    ) throws -> Server? {
        let socket = settings.containerdSocket
        if socket.isEmpty { return nil }
        return try server(node, .servingContainerd(node), socket, log)
    }

    private static func server(
        _ node: Node, _ table: MethodTable, _ socket: String, _ log: Logger
    ) throws -> Server {
        let boundary = Boundary(log: log, telemetry: node.telemetry)
        let unary = table.unary.map { ($0, boundary.wrap($0, $1)) }
        let streaming = table.streaming.map { ($0, boundary.wrap($0, $1)) }
        try Files.makeDirectories(Path.parent(of: socket), mode: 0o711)
        return try Server(
            methods: Dictionary(uniqueKeysWithValues: unary + streaming),
            socketPath: socket,
            socketGroup: try SocketGroup.number(of: node.settings.socketGroup),
            translate: Boundary.status(of:))
    }

    private static func logger(_ settings: Settings) -> Logger {
        let output = LogOutput(
            LogOutput.Format(rawValue: settings.logFormat) ?? .text,
            Logger.Level(rawValue: settings.logLevel) ?? .info)
        LoggingSystem.bootstrap { _ in output }
        return Logger(label: "gantry")
    }
}
