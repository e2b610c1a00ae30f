internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
public import MonitorProtocol
internal import Synchronization
internal import System

/// A pod's monitor as the daemon talks to it, over a connection that ends with either of them.
public final class Monitor: Sendable {
    /// Exits as the monitor tells them. The stream ends when the connection does.
    public let exits: AsyncStream<ExitRecord>
    /// Its process ID; nil for one of a version whose socket does not tell.
    public let process: Int32?

    private typealias Waiter = CheckedContinuation<Reply, any Error>

    private struct State {
        var waiting: [UInt32: Waiter] = [:]
        var nextSerial: UInt32 = 1
        var isClosed = false
    }

    private let socket: Descriptor
    private let tell: AsyncStream<ExitRecord>.Continuation
    private let state = Mutex(State())

    private init(_ socket: consuming Descriptor, process: Int32?) {
        self.process = process
        self.socket = socket
        (exits, tell) = AsyncStream.makeStream(of: ExitRecord.self)
    }

    /// Starts the monitor of the pod whose directory this is, and connects to it.
    /// - Parameter logRateLimit: lines that each container's log takes in a second; 0: any number.
    public static func start(
        program: String, directory: String, logRateLimit: Int = 0
    ) async throws -> Monitor {
        let rate = logRateLimit > 0 ? ["GANTRY_LOG_RATE_LIMIT=\(logRateLimit)"] : []
        let output = try await Command(
            program, [directory], environment: Command.plainEnvironment + rate,
            limit: .seconds(10)
        ).run()
        guard output.status == 0 else {
            throw GantryError(.internal, "\(program) did not start: \(output.errorText)")
        }
        guard let monitor = try await connect(directory: directory) else {
            throw GantryError(.internal, "the monitor that was started in \(directory) is gone")
        }
        return monitor
    }

    /// Connects to a monitor that an earlier daemon started; nil when there is none any more.
    public static func connect(directory: String) async throws -> Monitor? {
        try await Blocking.run {
            let path = "\(directory)/monitor.sock"
            do throws(SystemError) {
                let socket = try syscall("connect", path) { gantry_unix_connect(path, 0) }
                return Monitor(
                    Descriptor(owning: socket),
                    process: StrayProcesses.monitor(behind: socket, of: directory))
            } catch {
                if error.errno == ECONNREFUSED || error.errno == ENOENT { return nil }
                throw error
            }
        }
    }

    /// Reads what the monitor sends, until it is gone or the task is cancelled. Requests are
    /// answered only while this runs.
    public func run() async {
        while let packet = try? await receive() {
            guard let (serial, reply) = try? Reply.decode(packet) else { break }
            if case .exited(let exit) = reply {
                tell.yield(exit)
            } else {
                take(serial)?.resume(returning: reply)
            }
        }
        close()
    }

    /// Whether the connection has ended, with the monitor or by `disconnect`.
    public var isGone: Bool { state.withLock { $0.isClosed } }

    /// Ends the connection, and with it `run` and `exits`; the monitor goes on.
    public func disconnect() {
        Glibc.shutdown(socket.raw, Int32(SHUT_RDWR))
    }

    /// How long a monitor may be silent: it does nothing that takes long, so one that is hangs.
    public static let patience = Duration.seconds(10)

    /// Sends a request and waits for its reply.
    /// - Parameters:
    ///   - limit: for what the monitor has others do.
    ///   - descriptor: goes along, and remains the caller's; -1 is none.
    /// - Throws: `GantryError` with what the monitor says, `deadlineExceeded` when it is silent for
    ///   longer than that, or `unavailable` when it is gone.
    func ask(
        _ request: Request, within limit: Duration = patience, passing descriptor: Int32 = -1
    ) async throws -> Reply {
        let serial = newSerial()
        let alarm = giveUp(on: serial, after: limit)
        defer { alarm.cancel() }
        return try await ask(request, serial, passing: descriptor)
    }

    /// Waits as long as it takes, but for `giveUp`.
    func ask(
        _ request: Request, _ serial: UInt32, passing descriptor: Int32 = -1
    ) async throws -> Reply {
        let reply = try await withCheckedThrowingContinuation { waiter in
            guard enter(waiter, serial) else { return waiter.resume(throwing: Self.gone) }
            do {
                try send(request.encoded(serial: serial), passing: descriptor)
                failpoint("monitor/asked")
            } catch {
                take(serial)?.resume(throwing: error)
            }
        }
        if case .failed(let reason) = reply { throw GantryError(.internal, reason) }
        return reply
    }

    @discardableResult
    func giveUp(on serial: UInt32, after limit: Duration) -> Alarm.Call {
        Alarm.after(limit) { self.take(serial)?.resume(throwing: Self.silent(limit)) }
    }

    /// Sends a request whose reply nobody waits for.
    func tellOnly(_ request: Request) {
        try? send(request.encoded(serial: 0))
    }

    private static let gone = GantryError(.unavailable, "the pod's monitor is gone")

    private static func silent(_ limit: Duration) -> GantryError {
        GantryError(.deadlineExceeded, "the pod's monitor has not answered for \(limit)")
    }

    /// Requests are small and the monitor reads at once: the socket's buffer takes them without
    /// waiting, or the monitor hangs, which is an error.
    private func send(_ packet: [UInt8], passing descriptor: Int32 = -1) throws(SystemError) {
        try syscall("send to the monitor") {
            gantry_send_with_descriptor(socket.raw, packet, packet.count, descriptor)
        }
    }

    /// The next packet, in as much memory as it has bytes; nil when there is no monitor any more.
    private func receive() async throws -> [UInt8]? {
        while true {
            let size = recv(socket.raw, nil, 0, Int32(MSG_PEEK) | Int32(MSG_TRUNC))
            if size > 0 {
                var packet = [UInt8](repeating: 0, count: size)
                try syscall("recv") { recv(socket.raw, &packet, packet.count, 0) }
                return packet
            }
            guard size < 0, errno == EAGAIN || errno == EINTR else { return nil }
            try await Reactor.shared.wait(for: socket.raw)
        }
    }

    func newSerial() -> UInt32 {
        state.withLock { state in
            defer { state.nextSerial &+= 1 }
            return state.nextSerial
        }
    }

    /// - Returns: false when the monitor is gone.
    private func enter(_ waiter: Waiter, _ serial: UInt32) -> Bool {
        state.withLock { state in
            if !state.isClosed { state.waiting[serial] = waiter }
            return !state.isClosed
        }
    }

    private func take(_ serial: UInt32) -> Waiter? {
        state.withLock { $0.waiting.removeValue(forKey: serial) }
    }

    private func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for waiter in waiting { waiter.resume(throwing: Self.gone) }
        tell.finish()
    }
}
