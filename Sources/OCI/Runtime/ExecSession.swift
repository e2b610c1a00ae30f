internal import Kernel
internal import Model
internal import System

/// A program that runs in a container beside its own, with streams for a client.
public final class ExecSession: Sendable {
    private let body: @Sendable () async throws -> Int32

    /// One that a shim has started.
    init(_ added: AddedProcess) {
        body = added.exit
    }

    init(_ run: RuntimeSession) {
        body = { try await run.exit() }
    }

    /// Waits for the program's end. It must be called, and once only: it also takes the process from
    /// the kernel.
    /// - Returns: its exit code.
    /// - Throws: what the runtime says when it could not run the program.
    public func exit() async throws -> Int32 { try await body() }
}

/// One that a runtime's command has started.
final class RuntimeSession: Sendable {
    private let program: SpawnedProgram
    private let files: ExecFiles
    private let discarded: [DiscardedOutput]
    private let runtime: Runtime
    private let container: String
    private let isDetached: Bool

    /// - Parameter isDetached: whether `gantry-exec` waits in the runtime's place.
    init(
        _ program: SpawnedProgram, _ files: ExecFiles, discarded: [DiscardedOutput] = [],
        _ runtime: Runtime, _ container: String, isDetached: Bool
    ) {
        self.program = program
        self.files = files
        self.discarded = discarded
        self.runtime = runtime
        self.container = container
        self.isDetached = isDetached
    }

    func exit() async throws -> Int32 {
        let code = try await exitWhileDraining()
        defer { files.remove() }
        // What stood on standard error is the client's already.
        let failure = try await runtime.failure(of: files, code, isDetached: isDetached) { "" }
        guard let failure else { return code }
        throw failure.error(doing: "\(runtime.handler.name) exec \(container)")
    }

    /// What the program leaves behind may hold its output for ever: nobody waits for that.
    private func exitWhileDraining() async throws -> Int32 {
        try await withThrowingDiscardingTaskGroup { group in
            for output in discarded { group.addTask { await output.drain() } }
            let code = try await program.exit()
            group.cancelAll()
            return code
        }
    }

    func ended() async throws {
        try await program.ended()
    }
}

extension Runtime {
    /// Starts a program in a running container, with pipes for the streams that are asked for, or with a
    /// terminal where `process` wants one. Of the others input is at its end, and output goes nowhere.
    public func open(
        _ id: String, _ process: Spec.Process, _ choice: StreamChoice
    ) async throws -> (ExecSession, OpenedStreams) {
        if let tasks {
            let added = try await inTasks("exec \(id)") {
                try await tasks.exec(
                    id, try Bundle.encode(process), terminal: process.terminal, choice)
            }
            return (ExecSession(added), added.streams)
        }
        if process.terminal {
            try require(.execConsole, "exec --console-socket", to: "exec with a terminal")
            try require(.execDetach, "exec --detach --pid-file", to: "exec with a terminal")
        }
        let files = ExecFiles(directory: scratch)
        do {
            try await Blocking.run { try files.write(process) }
            let command = execCommand(id, files, terminal: process.terminal)
            if process.terminal { return try await openTerminal(id, files, command) }
            return try await Blocking.run { try openPipes(id, files, command, choice) }
        } catch {
            files.remove()
            throw error
        }
    }

    private func openPipes(
        _ id: String, _ files: ExecFiles, _ command: Command, _ choice: StreamChoice
    ) throws -> (ExecSession, OpenedStreams) {
        var input = try Pipe()
        var output = try Pipe()
        var error = try Pipe()
        let program = try SpawnedProgram.start(
            command, input: input.readEnd.raw,
            output: output.writeEnd.raw, error: error.writeEnd.raw)
        let streams = OpenedStreams(
            stdin: choice.stdin ? input.writeEnd.take() : nil,
            stdout: choice.stdout ? output.readEnd.take() : nil,
            stderr: choice.stderr ? error.readEnd.take() : nil)
        let discarded = try [remaining(&output), remaining(&error)].compactMap { $0 }
        let session = RuntimeSession(
            program, files, discarded: discarded, self, id, isDetached: handler.detachesExec)
        return (ExecSession(session), streams)
    }

    /// Nil when the output was taken.
    private func remaining(_ pipe: inout Pipe) throws -> DiscardedOutput? {
        guard let end = pipe.readEnd.take() else { return nil }
        return try DiscardedOutput(end)
    }

    private func openTerminal(
        _ id: String, _ files: ExecFiles, _ command: Command
    ) async throws -> (ExecSession, OpenedStreams) {
        let console = try await Blocking.run { try ConsoleSocket(files.console) }
        let program = try await Blocking.run {
            try SpawnedProgram.start(command, input: -1, output: -1, error: -1)
        }
        let session = RuntimeSession(program, files, self, id, isDetached: true)
        let master = try await terminal(console, session)
        return (ExecSession(session), try OpenedStreams(terminal: master))
    }

    /// Whichever comes first: the terminal, or the end of a runtime that could not make one.
    private func terminal(
        _ console: ConsoleSocket, _ session: RuntimeSession
    ) async throws -> Descriptor {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await console.untilConnected() }
            group.addTask { try await session.ended() }
            try await group.next()
            group.cancelAll()
        }
        if let terminal = try await console.receive() { return terminal }
        let code = try await session.exit()
        throw GantryError(.internal, "no terminal came; the runtime exited with code \(code)")
    }
}
