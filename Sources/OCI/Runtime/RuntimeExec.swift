internal import Kernel
internal import Model
internal import Synchronization
public import System

extension Runtime {
    /// Runs a program in a running container to its end.
    ///
    /// The program's exit code is the status; when it cannot be run, 127 (not found) or 126 (not
    /// executable), as from a shell, with the runtime's message as its standard error. When `limit`
    /// passes or the task is cancelled, all that it started is dead before the error is thrown.
    /// What it left running in the background when it ended by itself, it meant to.
    ///
    /// - Parameters:
    ///   - limit: nil is none.
    ///   - outputLimit: bytes kept of each output stream; the rest is discarded.
    /// - Throws: `deadlineExceeded`; `notFound` and `failedPrecondition` when there is no such
    ///   container or it does not run; `CancellationError`.
    public func exec(
        _ id: String, _ process: Spec.Process, limit: Duration? = nil,
        outputLimit: Int = 16 << 20
    ) async throws -> Command.Output {
        if let tasks {
            return try await exec(
                id, process, with: tasks, limit: limit, outputLimit: outputLimit)
        }
        let files = ExecFiles(directory: scratch)
        defer { files.remove() }
        try await Blocking.run { try files.write(process) }
        failpoint("ExecSync/files written")
        let mark = ProcessMark()
        var command = execCommand(id, files)
        command.limit = limit ?? .longest
        command.outputLimit = outputLimit
        command.mark = mark
        do {
            let output = try await command.run()
            failpoint("ExecSync/program ended")
            return try await judge(output, files, id)
        } catch {
            let reason = told(error, id, limit)
            do { try await end(mark, files, id) } catch {
                throw GantryError(String(describing: reason), from: error)
            }
            throw reason
        }
    }

    private func end(_ mark: ProcessMark, _ files: ExecFiles, _ id: String) async throws {
        try await mark.kill()
        if handler.hidesProcesses {
            // A task of its own: ours may have been cancelled, and commands end with that.
            let sandboxed = SandboxedExec(runtime: self, container: id, pidFile: files.pid)
            try await Task { try await sandboxed.kill() }.value
        }
    }

    private func told(_ error: any Error, _ id: String, _ limit: Duration?) -> any Error {
        guard let limit, (error as? GantryError)?.code == .deadlineExceeded else { return error }
        return GantryError(.deadlineExceeded, "the command in \(id) took longer than \(limit)")
    }

    /// Directly, or detached below `gantry-exec`, which waits in the runtime's place. One with a
    /// terminal is always detached: the runtime's own copying would end with the runtime.
    func execCommand(_ id: String, _ files: ExecFiles, terminal: Bool = false) -> Command {
        var exec = globals(log: files.log) + ["exec", "--process", files.process]
        if handler.hidesProcesses { exec += ["--internal-pid-file", files.pid] }
        if terminal { exec += ["--console-socket", files.console] }
        guard terminal || handler.detachesExec else { return Command(handler.path, exec + [id]) }
        return Command(
            execProgram,
            [files.pid, handler.path] + exec + ["--detach", "--pid-file", files.pid, id])
    }

    func hasEnded(_ id: String) async -> Bool {
        do {
            return try await state(id).status == .stopped
        } catch {
            return (error as? GantryError)?.code == .notFound
        }
    }

    /// Tells the program's exit code from the runtime's.
    private func judge(
        _ output: Command.Output, _ files: ExecFiles, _ id: String
    ) async throws -> Command.Output {
        let found = try await failure(of: files, output.status, isDetached: handler.detachesExec) {
            output.errorText
        }
        guard let failure = found else { return output }
        guard let code = failure.shellExitCode else {
            throw failure.error(doing: "\(handler.name) exec \(id)")
        }
        // What goes with a container, such as its files in /proc, is missing as a program may be.
        guard await !hasEnded(id) else {
            throw GantryError(
                .failedPrecondition, "container \(id) is not running: \(failure.message)")
        }
        return Command.Output(
            status: code, standardOutput: output.standardOutput,
            standardError: Array("\(failure.message)\n".utf8))
    }
}

extension Runtime {
    /// Why a runtime could not run a program.
    ///
    /// Of a detached one `gantry-exec` leaves the PID file, whatever the runtime has written to its log meanwhile.
    /// Otherwise only the runtime writes there.
    /// - Parameter said: what stands on standard error.
    /// - Returns: nil when there was one, whose code is the status.
    func failure(
        of files: ExecFiles, _ status: Int32, isDetached: Bool, said: () -> String
    ) async throws -> RuntimeFailure? {
        if status == 0 { return nil }
        let (hasRun, log) = try await Blocking.run {
            (isDetached && Files.exists(files.pid), try files.messages())
        }
        let logged = RuntimeFailure(log: log)
        // crun's has ended well by the time that it executes the program, and is a child that ends with 1.
        if hasRun { return status == 1 && logged?.isOfExec == true ? logged : nil }
        if let logged { return logged }
        guard isDetached else { return nil }
        let failure = RuntimeFailure(log: said()) ?? RuntimeFailure(message: "it gives no reason")
        // One with a log that has written nothing there has come to nothing itself.
        return handler.has(.logFile) ? RuntimeFailure(own: failure.message, status) : failure
    }
}

/// The files of one exec: the process for the runtime, and its messages.
struct ExecFiles: Sendable {
    let process: String
    let log: String
    let pid: String
    /// Where the runtime hands out a terminal.
    let console: String

    private static let count = Mutex(0)

    init(directory: String) {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        process = "\(directory)/exec-\(number).json"
        log = "\(directory)/exec-\(number).log"
        pid = "\(directory)/exec-\(number).pid"
        console = "\(directory)/exec-\(number).sock"
    }

    func write(_ value: Spec.Process) throws {
        try Files.replace(process, with: try Bundle.encode(value))
    }

    func messages() throws -> String {
        Files.exists(log) ? try Files.readText(log) : ""
    }

    func remove() {
        for path in [process, log, pid] { try? Files.remove(path) }
    }
}
