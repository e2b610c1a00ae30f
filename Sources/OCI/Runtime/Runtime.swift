internal import FoundationEssentials
internal import Kernel
public import Model
public import System

/// Drives an OCI runtime's command line: one short-lived process a command.
public struct Runtime: Sendable {
    public let handler: Handler
    let cgroupDriver: CgroupDriver
    /// A directory on tmpfs for what commands read from files; it must exist.
    let scratch: String
    /// Path of `gantry-exec`, for the runtimes that need it to `exec`.
    let execProgram: String
    /// The time that one command may take; past it the command is killed. A program that is run in
    /// a container has a limit of its own.
    public let limit: Duration
    /// Of a shim, which is no command line: then the commands are its.
    public var tasks: (any RuntimeTasks)?
    /// The same of `create`.
    public var createLimit: Duration {
        let seconds = handler.defaults.createLimit
        return seconds > 0 ? .clamped(seconds: Int64(clamping: seconds)) : limit
    }

    public init(
        _ handler: Handler, cgroupDriver: CgroupDriver, scratch: String, execProgram: String,
        limit: Duration = .seconds(120)
    ) {
        self.handler = handler
        self.cgroupDriver = cgroupDriver
        self.scratch = scratch
        self.execProgram = execProgram
        self.limit = limit
    }

    /// Arguments for `create`, which the pod's monitor runs, being the parent of its containers.
    /// - Parameters:
    ///   - pidFile: where the runtime writes the host process ID of the container's init.
    ///   - log: where it writes its messages as JSON, one a line; see `error(creating:log:)`.
    ///   - console: the unix socket to which it sends the terminal's descriptor.
    public func createArguments(
        _ id: String, bundle: String, pidFile: String, log: String, console: String? = nil
    ) -> [String] {
        globals(log: log) + ["create", "--bundle", bundle, "--pid-file", pidFile]
            + (console.map { ["--console-socket", $0] } ?? []) + [id]
    }

    /// Arguments for `start`, where the monitor must run that too (`Handler.hidesProcesses`).
    public func startArguments(_ id: String, log: String) -> [String] {
        globals(log: log) + ["start", id]
    }

    /// Arguments for `wait`, which ends with the started container and then writes, as JSON, its
    /// `exitStatus`.
    public func waitArguments(_ id: String) -> [String] {
        globals() + ["wait", id]
    }

    /// What a failed `create` says of itself.
    /// - Parameters:
    ///   - log: what the runtime left there or, when that is empty, on standard error.
    ///   - limits: those that were asked for.
    /// - Returns: `UnusableProgram`, or a `GantryError`: `invalidArgument` for a limit that the kernel
    ///   refuses, `internal` for anything else.
    public func error(
        creating id: String, log: String, limits: Spec.Resources? = nil
    ) -> any Error {
        // A shim's is one message, of however many lines.
        let message = tasks == nil ? "it gives no reason" : log
        let failure =
            (tasks == nil ? RuntimeFailure(log: log) : nil) ?? RuntimeFailure(message: message)
        if failure.isAboutProgram { return UnusableProgram(message: failure.message) }
        let error = failure.error(doing: "\(handler.name) cannot create \(id)", setting: limits)
        if error.code == .invalidArgument { return error }
        return GantryError(.internal, error.message)
    }

    /// What a failed start says of itself, where the monitor ran it.
    /// - Parameter log: what the runtime left there.
    /// - Returns: nil when it left nothing.
    public func error(starting id: String, log: String) -> GantryError? {
        RuntimeFailure(log: log)?.error(doing: "\(handler.name) start \(id)")
    }

    /// Whether the monitor is to be told of its start, or else of its creation.
    public var isWatchedFromStart: Bool { tasks != nil && handler.hidesProcesses }

    /// Lets a created container's process begin.
    public func start(_ id: String) async throws {
        if let tasks {
            return try await inTasks("start \(id)") { try await tasks.start(id) }
        }
        try await run("start", id)
    }

    /// Sends a signal to the container's init, or to all of its processes. One that has exited
    /// already is no error.
    /// - Throws: `notFound` when the runtime knows no such container.
    public func kill(_ id: String, signal: Int32, all: Bool = false) async throws {
        if let tasks { return try await tasks.kill(id, signal: signal, all: all) }
        let flags = all && handler.has(.killAll) ? ["--all"] : []
        let output = try await execute(["kill"] + flags + [id, String(signal)])
        guard output.status != 0 else { return }
        let failure = failure(output)
        if failure.kind == .notRunning { return }
        throw failure.error(doing: "\(handler.name) kill \(id)")
    }

    /// Has the runtime forget a container and remove its cgroup. An unknown one is no error.
    /// - Parameter force: kill what runs in it first.
    public func delete(_ id: String, force: Bool = false) async throws {
        if let tasks { return try await tasks.delete(id, force: force) }
        if force { try await end(id) }
        let flags = force && handler.hidesProcesses ? ["--force"] : []
        let output = try await execute(["delete"] + flags + [id])
        guard output.status != 0 else { return }
        let failure = failure(output)
        if failure.kind == .noContainer { return }
        throw failure.error(doing: "\(handler.name) delete \(id)")
    }

    /// Kills and waits here, since runc's `delete --force` sleeps for 100 ms.
    private func end(_ id: String) async throws {
        if handler.hidesProcesses { return }
        do {
            let state = try await state(id)
            guard state.status != .stopped, let process = PidDescriptor(state.pid) else { return }
            try await kill(id, signal: StopSignal.kill, all: true)
            // Where killing thaws by itself, there is nothing to resume any more.
            if state.status == .paused, handler.has(.pause) {
                _ = try await execute(["resume", id])
            }
            try await withDeadline(.seconds(30), "the exit of \(id)") { try await process.exit() }
        } catch let error as GantryError where error.code == .notFound {
            return
        }
    }

    /// - Throws: `notFound` when the runtime knows no such container.
    public func state(_ id: String) async throws -> RuntimeState {
        if let tasks { return try await tasks.state(id) }
        let output = try await run("state", id)
        do {
            return try JSONDecoder().decode(RuntimeState.self, from: Data(output.standardOutput))
        } catch {
            throw GantryError(
                .internal, "\(handler.name) state \(id) gives \"\(output.text)\"", cause: error)
        }
    }

    /// Changes the limits of a container's cgroup; those that are nil stay.
    /// - Throws: `failedPrecondition` where the runtime has no such command.
    public func update(_ id: String, _ resources: Spec.Resources) async throws {
        try require(.update, "update --resources", to: "change the limits of \(id)")
        if let tasks {
            let limits = try Bundle.encode(resources)
            return try await inTasks("update \(id)", setting: resources) {
                try await tasks.update(id, limits)
            }
        }
        let file = "\(scratch)/\(id).update"
        try await Blocking.run { try Files.replace(file, with: try Bundle.encode(resources)) }
        defer { try? Files.remove(file) }
        let output = try await execute(["update", "--resources", file, id])
        if output.status != 0 {
            throw failure(output).error(
                doing: "\(handler.name) update \(id)", setting: resources)
        }
    }
}

extension Runtime {
    /// Global arguments; messages go to `log`, or to standard error.
    func globals(log: String? = nil) -> [String] {
        var arguments = ["--root", handler.root]
        if handler.has(.logFormat) { arguments += ["--log-format", "json"] }
        if let log, handler.has(.logFile) { arguments += ["--log", log] }
        if cgroupDriver == .systemd { arguments.append("--systemd-cgroup") }
        return arguments + handler.extraArguments
    }

    /// - Throws: `failedPrecondition` that names what is missing, and the key that overrides it.
    func require(_ ability: Ability, _ what: String, to purpose: String) throws {
        guard handler.has(ability) else {
            throw GantryError(
                .failedPrecondition,
                "runtime handler \(handler.name) cannot \(purpose): \(handler.path) has no \(what) "
                    + "(\(ability.rawValue))")
        }
    }

    @discardableResult
    func run(_ verb: String, _ id: String) async throws -> Command.Output {
        let output = try await execute([verb, id])
        if output.status == 0 { return output }
        throw failure(output).error(doing: "\(handler.name) \(verb) \(id)")
    }

    func execute(
        _ arguments: [String], limit: Duration? = nil
    ) async throws -> Command.Output {
        let verb = arguments.first ?? ""
        return try await Trace.span("\(handler.name) \(verb)") {
            try await ProgramDurations.runtime.measure(handler.name, verb) {
                try await Command(handler.path, globals() + arguments, limit: limit ?? self.limit)
                    .run()
            }
        }
    }

    func failure(_ output: Command.Output) -> RuntimeFailure {
        RuntimeFailure(log: output.errorText)
            ?? RuntimeFailure(message: "exit code \(output.status) and no reason")
    }
}

extension Runtime {
    /// Whether a program is a command that a daemon has started. Not `create`, which is the monitors'.
    /// Of `exec` it is the command alone: what it has started is the container's own.
    public func isCommand(_ program: RunningProgram) -> Bool {
        guard let option = program.arguments.firstIndex(of: "--root"),
            program.arguments.dropFirst(option + 1).first == handler.root
        else { return false }
        // Where runtimes hide their processes, the monitors start containers.
        var verbs = [
            "kill", "delete", "state", "update", "exec", "pause", "resume", "checkpoint",
        ]
        if !handler.hidesProcesses { verbs.append("start") }
        return program.arguments.contains(where: verbs.contains)
    }
}

/// The program that a container is to begin with cannot be run: it is missing, may not be executed,
/// or cannot begin in its working directory.
public struct UnusableProgram: Error, Hashable, Sendable, CustomStringConvertible {
    /// The runtime's own.
    public let message: String

    public var description: String { message }
}

/// What a runtime's `state` tells (runtime.md, "State").
public struct RuntimeState: Decodable, Hashable, Sendable {
    public enum Status: String, Decodable, Sendable {
        case creating, created, running, stopped, paused
    }

    public let id: String
    public let status: Status
    /// Host process ID of the container's init; 0 when it has exited.
    public let pid: Int32
    public let bundle: String

    public init(id: String, status: Status, pid: Int32, bundle: String = "") {
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
    }
}
