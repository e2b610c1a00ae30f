internal import Kernel
internal import Model
public import MonitorProtocol
public import System

/// What stands in the place of a runtime's command line: the tasks of a pod's shim.
///
/// All throw `GantryError`s with the shim's own words; `notFound` for what it does not know.
public protocol RuntimeTasks: Sendable {
    /// Makes ready for the pod's first container, whose bundle is written.
    func begin(with monitor: Monitor) async throws
    /// Makes a container, for which `monitor` makes the streams, and which it watches from then on.
    /// - Returns: the process ID that it has on the node.
    func create(_ request: CreateRequest, with monitor: Monitor) async throws -> Int32
    func start(_ id: String) async throws
    /// One that has exited already is no error.
    func kill(_ id: String, signal: Int32, all: Bool) async throws
    /// An unknown one is no error.
    func delete(_ id: String, force: Bool) async throws
    func state(_ id: String) async throws -> RuntimeState
    /// - Parameter limits: of the OCI runtime specification, as JSON.
    func update(_ id: String, _ limits: [UInt8]) async throws
    func pause(_ id: String) async throws
    func resume(_ id: String) async throws
    /// Writes a container's memory and state; it is left as it was.
    func checkpoint(
        _ id: String, in directories: CheckpointDirectories, limit: Duration
    ) async throws
    /// What a container uses, where its processes are hidden; nil where nobody says.
    func usage(_ id: String) async throws -> CgroupUsage?
    /// Sets the size of a container's terminal, in characters.
    func resize(_ id: String, width: UInt16, height: UInt16) async throws
    /// Starts a program in a container.
    /// - Parameter process: of the OCI runtime specification, as JSON.
    func exec(
        _ id: String, _ process: [UInt8], terminal: Bool, _ choice: StreamChoice
    ) async throws -> AddedProcess
}

/// A program that a shim has started in a container.
public struct AddedProcess: Sendable {
    public let streams: OpenedStreams
    /// On the node; nil for one of another kernel's.
    let pid: Int32?
    /// Waits for its end, and has the shim forget it; called once.
    let exit: @Sendable () async throws -> Int32
    /// Ends it, and has the shim forget it.
    let kill: @Sendable () async throws -> Void

    public init(
        streams: OpenedStreams, pid: Int32?, exit: @escaping @Sendable () async throws -> Int32,
        kill: @escaping @Sendable () async throws -> Void
    ) {
        self.streams = streams
        self.pid = pid
        self.exit = exit
        self.kill = kill
    }
}

extension Runtime {
    /// What a shim says of a failure is most often its runtime's, in more words.
    func inTasks<Result>(
        _ doing: String, setting limits: Spec.Resources? = nil, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as GantryError where [.internal, .unknown].contains(error.code) {
            throw RuntimeFailure(message: error.message).error(
                doing: "\(handler.name) \(doing)", setting: limits)
        }
    }

    /// See `exec`.
    func exec(
        _ id: String, _ process: Spec.Process, with tasks: any RuntimeTasks, limit: Duration?,
        outputLimit: Int
    ) async throws -> Command.Output {
        let added: AddedProcess
        do {
            let choice = StreamChoice(stdout: true, stderr: true)
            added = try await tasks.exec(
                id, try Bundle.encode(process), terminal: false, choice)
        } catch let error as GantryError where error.code != .notFound {
            let failure = RuntimeFailure(message: error.message)
            guard let code = failure.shellExitCode else {
                throw failure.error(doing: "\(handler.name) exec \(id)")
            }
            // What goes with a container is missing as a program may be.
            guard await !hasEnded(id) else {
                throw GantryError(
                    .failedPrecondition, "container \(id) is not running: \(failure.message)")
            }
            return Command.Output(
                status: code, standardOutput: [],
                standardError: Array("\(failure.message)\n".utf8))
        }
        let mark = ProcessMark()
        if let pid = added.pid { mark.put(on: pid) }
        do {
            return try await withDeadline(limit ?? .longest, "exec") {
                try await collect(added, outputLimit)
            }
        } catch {
            if let pid = added.pid {
                mark.put(on: pid)
                try await mark.kill()
            }
            // A task of its own: ours may have been cancelled, and calls end with that.
            try await Task { try await added.kill() }.value
            let isLate = (error as? GantryError)?.code == .deadlineExceeded
            guard isLate, let limit else { throw error }
            throw GantryError(
                .deadlineExceeded, "the command in \(id) took longer than \(limit)")
        }
    }

    private func collect(_ added: AddedProcess, _ limit: Int) async throws -> Command.Output {
        let outputs = [added.streams.takeOutput(), added.streams.takeError()]
        return try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            for (index, output) in outputs.enumerated() {
                guard let output else { continue }
                group.addTask { (index, await Descriptor(owning: output).collect(limit)) }
            }
            let status = try await added.exit()
            // What it has left behind may hold its output for ever.
            group.cancelAll()
            var texts: [[UInt8]] = [[], []]
            for try await (index, bytes) in group { texts[index] = bytes }
            return Command.Output(
                status: status, standardOutput: texts[0], standardError: texts[1])
        }
    }
}
