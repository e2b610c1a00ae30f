internal import Kernel
internal import Model
internal import MonitorProtocol
internal import OCI
internal import Shim
internal import System
internal import Text

/// The containers of one pod, in its shim. The shim is started for the infra container, and ends with
/// it; or it makes the sandbox itself (`ShimSandbox.swift`).
struct ShimTasks: Sendable {
    let shim: ShimHandler
    let connections: ShimConnections
    let sandbox: String
    /// The sandbox's.
    let sandboxBundle: String
    /// Where those of the other containers are.
    let containers: String
    let scratch: String

    func bundle(_ id: String) -> String { id == sandbox ? sandboxBundle : "\(containers)/\(id)" }

    static let killLimit = Duration.seconds(30)
    /// The time that a shim has to go by itself.
    static let leave = Duration.seconds(10)

    func record() async throws -> ShimRecord? {
        try await ShimRecord.read(in: sandboxBundle)
    }

    /// - Returns: nil when the shim is gone, or was never there.
    func client(_ record: ShimRecord?) async throws -> TaskClient? {
        guard let bootstrap = record?.bootstrap else { return nil }
        return try await connections.client(of: sandbox, at: bootstrap)
    }

    func required() async throws -> TaskClient {
        guard let client = try await client(record()) else {
            throw GantryError(.unavailable, "the shim of pod \(sandbox) is gone")
        }
        return client
    }

    // MARK: The shim itself

    /// Ends the shim, which has no container any more. Safe to repeat.
    /// - Parameter process: the shim's, as far as it has said.
    private func end(_ record: ShimRecord, _ process: PidDescriptor?) async throws {
        try await settleCreations()
        var bootstrap = record.bootstrap
        if bootstrap == nil {
            bootstrap = try? await shim.program.start(
                sandbox, bundle: sandboxBundle, options: shim.options)
        }
        if let bootstrap,
            let client = try await connections.client(of: sandbox, at: bootstrap)
        {
            // One that answers lives, and the descriptor is its own.
            if try await client.shutDown(sandbox), let process { try await Self.end(process) }
            client.close()
        } else if bootstrap != nil {
            try await clean(sandbox)
        } else {
            // One that never answered was given nothing to make, and its `delete` may look for what is.
            try? await clean(sandbox)
        }
        // One that was killed leaves its socket.
        if let socket = bootstrap?.socket, shim.program.owns(socket: socket) {
            try await Blocking.run { try Files.remove(socket) }
        }
        try await ShimRecord.remove(in: sandboxBundle)
    }

    /// A shim does not count what it is creating, and would leave it behind.
    func settleCreations() async throws {
        for creation in connections.creations(in: sandbox) {
            try await withDeadline(Self.killLimit, "a creation") { try await creation.wait() }
        }
    }

    /// A shim that does not go when it is asked to has nothing left to lose.
    private static func end(_ process: PidDescriptor) async throws {
        do {
            try await withDeadline(leave, "the end of the shim") { try await process.exit() }
        } catch let error as GantryError where error.code == .deadlineExceeded {
            process.kill()
            try await withDeadline(killLimit, "the end of the shim") { try await process.exit() }
        }
    }

    /// Has the program remove what a shim has left that is gone.
    private func clean(_ id: String) async throws {
        guard Files.exists("\(bundle(id))/config.json") else { return }
        _ = try await shim.program.delete(id, bundle: bundle(id))
    }
}

extension ShimTasks: RuntimeTasks {
    /// Starts the shim.
    ///
    /// The record is there before the shim: one whose answer is lost is found by starting it again,
    /// since it is known by the sandbox.
    func begin() async throws {
        var record = ShimRecord(
            sandbox: sandbox, bundle: sandboxBundle, program: shim.program.path)
        if shim.makesSandboxes { record.makesSandbox = true }
        try await record.write(in: sandboxBundle)
        failpoint("RunPodSandbox/shim recorded")
        record.bootstrap = try await shim.program.start(
            sandbox, bundle: sandboxBundle, options: shim.options)
        failpoint("RunPodSandbox/shim started")
        try await record.write(in: sandboxBundle)
    }

    func create(_ request: CreateRequest, with monitor: Monitor) async throws -> Int32 {
        let creation = connections.beginCreation(in: sandbox)
        defer { creation.open(()) }
        do {
            return try await make(request, with: monitor)
        } catch {
            if monitor.isGone { throw GantryError(.unavailable, "the pod's monitor is gone") }
            throw error
        }
    }

    private func make(_ request: CreateRequest, with monitor: Monitor) async throws -> Int32 {
        let id = request.container
        guard let record = try await record(), let bootstrap = record.bootstrap else {
            throw GantryError(.unavailable, "the shim of pod \(sandbox) is gone")
        }
        if id != sandbox {
            try await record.write(in: bundle(id))
            failpoint("CreateContainer/shim recorded")
        }
        let client = try await required()
        let task = ShimTask(
            version: bootstrap.version, socket: bootstrap.socket, directory: bundle(id),
            hasTerminal: !request.consoleSocket.isEmpty)
        var prepared = request
        prepared.task = task
        prepared.consoleSocket = ""
        _ = try await monitor.create(prepared)
        let streams = TaskStreams(
            stdin: request.keepsInput ? task.stdin : "", stdout: task.stdout,
            stderr: task.hasTerminal ? "" : task.stderr, terminal: task.hasTerminal)
        let pid = try await client.create(
            id, bundle: bundle(id), streams, options: shim.options)
        if !shim.hidesProcesses { try await monitor.watch(id, pid: pid) }
        guard !monitor.isGone else {
            throw GantryError(.unavailable, "the pod's monitor is gone")
        }
        return pid
    }

    func start(_ id: String) async throws {
        try await required().start(id)
    }

    /// Without its shim a container is ended by the pod's monitor.
    func kill(_ id: String, signal: Int32, all: Bool) async throws {
        do {
            try await required().kill(id, signal: signal, all: all)
        } catch let error as GantryError where [.notFound, .unavailable].contains(error.code) {
            return
        }
    }

    func delete(_ id: String, force: Bool) async throws {
        // Without its pod's there may be the container's own, of a creation that was under way.
        let found = try await record()
        let own = found == nil ? try await ShimRecord.read(in: bundle(id)) : nil
        guard let record = found ?? own else { return }
        if id == sandbox, record.makesSandbox == true { return try await endSandbox() }
        var process: PidDescriptor?
        do {
            if let client = try await client(record) {
                if id == sandbox {
                    process = (try? await client.process(of: id)).flatMap { PidDescriptor($0) }
                }
                try await remove(id, client, force: force)
            } else if record.bootstrap != nil {
                try await clean(id)
            }
        } catch let error as GantryError where error.code == .unavailable {
            try await clean(id)
        }
        if id == sandbox { try await end(record, process) }
    }

    private func remove(_ id: String, _ client: TaskClient, force: Bool) async throws {
        do {
            let state = try await client.state(id)
            // What was never started may have no end either.
            if state.status == .created, (try? await client.delete(id)) != nil { return }
            if force { try await end(id, client, state) }
            try await client.delete(id)
        } catch let error as GantryError where error.code == .notFound {
            // A runtime that was ended in its `create` leaves what only its `delete` knows.
            try await StrayProcesses.endCreation(of: id)
            if force { try await clean(id) }
        }
    }

    private func end(_ id: String, _ client: TaskClient, _ state: StateResponse) async throws {
        guard state.status != .stopped else { return }
        try await client.kill(id, signal: StopSignal.kill, all: true)
        if state.status == .paused { try? await client.resume(id) }
        _ = try await withDeadline(Self.killLimit, "the exit of \(id)") {
            try await client.wait(id)
        }
    }

    func state(_ id: String) async throws -> RuntimeState {
        let state = try await required().state(id)
        let status: RuntimeState.Status =
            switch state.status {
            case .created: .created
            // One that is exiting has given up its program, before the shim knows of its end.
            case .running, .pausing, .unknown:
                Files.exists("/proc/\(state.pid)/exe") ? .running : .stopped
            case .paused: .paused
            case .stopped: .stopped
            }
        return RuntimeState(
            id: id, status: status, pid: Int32(clamping: state.pid), bundle: state.bundle)
    }

    func update(_ id: String, _ limits: [UInt8]) async throws {
        try await required().update(id, limits)
    }

    func pause(_ id: String) async throws {
        try await required().pause(id)
    }

    func resume(_ id: String) async throws {
        try await required().resume(id)
    }

    func checkpoint(
        _ id: String, in directories: CheckpointDirectories, limit: Duration
    ) async throws {
        let options =
            shim.isRunc ? ShimProgram.checkpointOptions(work: directories.work) : nil
        try await required().checkpoint(
            id, path: directories.image, options: options, within: limit)
    }

    func usage(_ id: String) async throws -> CgroupUsage? {
        guard shim.hidesProcesses, let metrics = try await required().stats(id) else { return nil }
        return try CgroupUsage(metrics)
    }

    func resize(_ id: String, width: UInt16, height: UInt16) async throws {
        try await required().resize(id, width: width, height: height)
    }
}
