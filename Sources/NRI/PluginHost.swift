internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Synchronization
internal import System
internal import TTRPC

/// Where plugins come from: those that connect to the socket, and those that are started.
public struct PluginHost: Sendable {
    let manager: PluginManager
    private var settings: NRISettings { manager.settings }
    private var backend: any PluginBackend { manager.backend }

    /// Connections at once, registered or not.
    private static let mostConnections = 64

    public init(_ manager: PluginManager) {
        self.manager = manager
    }

    /// Starts the plugins of the directory and serves the socket, until the task is cancelled.
    /// - Parameter ready: is called once the plugins of the directory have registered, or failed to.
    public func run(ready: @escaping @Sendable () -> Void) async {
        await withDiscardingTaskGroup { group in
            await endOrphans()
            let programs = await LaunchedPlugin.find(settings, backend)
            let pending = Countdown(programs.count, ready)
            for program in programs {
                group.addTask { await self.run(program, pending) }
            }
            await listen(&group)
            group.cancelAll()
        }
    }

    /// Plugins that a killed daemon had started, and that did not end with their connection.
    private func endOrphans() async {
        let mark = LaunchedPlugin.mark(settings)
        do { try await Orphans.end { $0.environment.contains(mark) } } catch {
            backend.log(.warning, "end plugins of before: \(error)")
        }
    }

    private func listen(_ group: inout DiscardingTaskGroup) async {
        guard let socket = await openSocket() else { return }
        let seats = Seats(Self.mostConnections)
        while let link = await socket.accept() {
            guard seats.take() else {
                if seats.isFirstRefusal {
                    backend.log(
                        .warning,
                        "\(Self.mostConnections) plugins are connected; others are refused")
                }
                link.close()
                continue
            }
            group.addTask {
                await self.serve(link, nil)
                seats.give()
            }
        }
    }

    /// Tries until it is there: another runtime may have it, and may go.
    /// - Returns: nil when the task is cancelled.
    private func openSocket() async -> PluginSocket? {
        var hasFailed = false
        while true {
            do {
                return try await Blocking.run { [settings] in try PluginSocket(settings.socket) }
            } catch {
                if !hasFailed {
                    backend.log(.warning, "no plugin can connect to \(settings.socket): \(error)")
                }
                hasFailed = true
            }
            do { try await Alarm.sleep(for: Self.patience) } catch { return nil }
        }
    }

    /// Between attempts to open the socket.
    private static let patience = Duration.seconds(5)

    private func run(_ program: LaunchedPlugin, _ pending: Countdown) async {
        let counted = Once { pending.count() }
        defer { counted.call() }
        do {
            let (link, process) = try await Blocking.run { try program.start() }
            await serve(link, program) { counted.call() }
            process.kill()
            _ = try? await process.program.exit()
        } catch {
            backend.log(.warning, "plugin \(program.name.file) cannot be started: \(error)")
        }
    }

    /// One connection, from its beginning to its end.
    private func serve(
        _ link: SocketLink, _ program: LaunchedPlugin?,
        admitted: @escaping @Sendable () -> Void = {}
    ) async {
        let registration = Registration(manager: manager, program: program)
        let connection = PluginConnection(link, registration.answers)
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await registration.admit(connection)
                    admitted()
                }
                await connection.run()
                registration.connectionEnded()
            }
        } onCancel: {
            connection.close("the daemon ends")
        }
        registration.leave(connection)
    }
}

/// Calls no more than once.
private final class Once: Sendable {
    private let isDone = Mutex(false)
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func call() {
        let isFirst = isDone.withLock { isDone in
            defer { isDone = true }
            return !isDone
        }
        if isFirst { body() }
    }
}

/// Calls once all have counted; each counts once.
private final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let done: @Sendable () -> Void

    init(_ count: Int, _ done: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.done = done
        if count == 0 { done() }
    }

    func count() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { done() }
    }
}

/// How many may still come.
private final class Seats: Sendable {
    private struct State {
        var free: Int
        var hasRefused = false
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    func take() -> Bool {
        state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
    }

    func give() {
        state.withLock { state in
            state.free += 1
            state.hasRefused = false
        }
    }

    /// Whether this is the first time since a seat was given back that there is none.
    var isFirstRefusal: Bool {
        state.withLock { state in
            defer { state.hasRefused = true }
            return !state.hasRefused
        }
    }
}

/// The socket that plugins connect to. Only root may.
private final class PluginSocket: Sendable {
    private let socket: Descriptor

    init(_ path: String) throws {
        try Files.makeDirectories(Path.parent(of: path), mode: 0o700)
        let other = gantry_unix_connect(path, 1)
        if other >= 0 {
            close(other)
            throw GantryError(.alreadyExists, "another process serves it")
        }
        socket = Descriptor(owning: try syscall("listen", path) { gantry_unix_listen(path, 1) })
        try Files.narrow(path, to: 0o600)
    }

    /// Nil when the task is cancelled.
    func accept() async -> SocketLink? {
        while true {
            do { try await Reactor.shared.wait(for: socket.raw) } catch { return nil }
            let connection = gantry_accept(socket.raw)
            if connection >= 0 { return SocketLink(Descriptor(owning: connection)) }
            if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS {
                // The connection stays readable: without a pause this would be a loop.
                _ = try? await Alarm.sleep(for: .milliseconds(100))
            }
        }
    }
}
