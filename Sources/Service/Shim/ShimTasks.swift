internal import Kernel
internal import Logging
internal import Model
internal import MonitorProtocol
internal import OCI
internal import Shim
internal import System
internal import Text

/// The containers of one pod, in its shim. The shim is started for the infra container, and ends with
/// it; or it makes the sandbox itself (`ShimSandbox.swift`). Some shims have one container each
/// (`OwnShim.swift`).
struct ShimTasks: Sendable {
    let shim: ShimHandler
    let connections: ShimConnections
    let log: Logger
    let sandbox: String
    /// The sandbox's.
    let sandboxBundle: String
    /// Where those of the other containers are.
    let containers: String
    let scratch: String
    /// The socket for events of shims that earlier versions have started, where nobody listens any more.
    let formerEvents: String

    func bundle(_ id: String) -> String { id == sandbox ? sandboxBundle : "\(containers)/\(id)" }

    static let killLimit = Duration.seconds(30)
    /// The time that a shim has to go by itself.
    static let leave = Duration.seconds(10)

    /// Of the pod's.
    func record() async throws -> ShimRecord? {
        try await ShimRecord.read(in: sandboxBundle)
    }

    /// Of the shim that has the container; nil when none has it. Another may not be asked in its place: one
    /// that has a single container takes any ID for that one's.
    func record(of id: String) async throws -> ShimRecord? {
        guard id != sandbox else { return try await record() }
        guard let stored = try await ShimRecord.read(in: bundle(id)) else { return nil }
        guard stored.container == nil else { return stored }
        // Without its pod's there may be the container's copy, of a creation that was under way.
        return try await record() ?? stored
    }

    /// As it was started: shims that share a pod's are found by the arguments that this one had.
    func program(of record: ShimRecord) -> ShimProgram {
        var program = shim.program
        if record.events == nil { program.eventSocket = formerEvents }
        return program
    }

    /// - Returns: nil when the shim is gone, or was never there.
    func client(_ record: ShimRecord?) async throws -> TaskClient? {
        guard let record, let bootstrap = record.bootstrap else { return nil }
        return try await connections.client(of: record.owner, at: bootstrap)
    }

    func required(_ id: String) async throws -> TaskClient {
        guard let client = try await client(record(of: id)) else { throw gone }
        return client
    }

    private var gone: GantryError {
        GantryError(.unavailable, "the shim of pod \(sandbox) is gone")
    }
}

extension ShimTasks: RuntimeTasks {
    /// Starts the shim.
    ///
    /// The record is there before the shim: one whose answer is lost is found by starting it again,
    /// since it is known by the sandbox.
    func begin(with monitor: Monitor) async throws {
        try await monitor.takeShimEvents(at: shim.program.eventSocket)
        var record = ShimRecord(
            sandbox: sandbox, bundle: sandboxBundle, program: shim.program.path)
        record.events = shim.program.eventSocket
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
        guard let pod = try await record(), try await client(pod) != nil else { throw gone }
        let record = try await shimRecord(of: id, beside: pod)
        guard let bootstrap = record.bootstrap, let client = try await client(record) else {
            throw gone
        }
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
        try await required(id).start(id)
    }

    /// Without its shim a container is ended by the pod's monitor.
    func kill(_ id: String, signal: Int32, all: Bool) async throws {
        do {
            try await required(id).kill(id, signal: signal, all: all)
        } catch let error as GantryError where [.notFound, .unavailable].contains(error.code) {
            return
        }
    }

    func delete(_ id: String, force: Bool) async throws {
        guard let record = try await record(of: id) else { return }
        if record.container != nil { return try await delete(id, record, force: force) }
        guard id == sandbox else { return try await delete(id, in: record, force: force) }
        if record.makesSandbox == true { return try await endSandbox() }
        try await deletePods(record, force: force)
    }

    /// A container beside others. A shim that is gone has left what its program knows.
    private func delete(_ id: String, in record: ShimRecord, force: Bool) async throws {
        do {
            if let client = try await client(record) {
                try await remove(id, client, force: force)
            } else if record.bootstrap != nil {
                try await cleanOnce(id)
            }
        } catch let error as GantryError where error.code == .unavailable {
            try await cleanOnce(id)
        }
    }

    /// Its program may take a while, as where it dials a machine that is gone.
    private func cleanOnce(_ id: String) async throws {
        if await clean(id) { try await ShimRecord.remove(in: bundle(id)) }
    }

    /// The infra container, and the shim with it. Shims say `unavailable` of a machine that is gone, too.
    private func deletePods(_ record: ShimRecord, force: Bool) async throws {
        guard let client = try await client(record) else { return try await end(record, nil) }
        let process = (try? await client.process(of: sandbox)).flatMap { PidDescriptor($0) }
        var isDeleted = false
        do {
            try await remove(sandbox, client, force: force)
            isDeleted = true
        } catch let error as GantryError where error.code == .unavailable {
            log.warning("the shim of \(sandbox) could not delete it: \(error)")
        } catch let error as GantryError where error.code == .deadlineExceeded && force {
            log.error("the shim of \(sandbox) is killed, as it does not answer: \(error)")
            try await endProcesses(of: record)
        }
        try await end(record, process, isDeleted: isDeleted)
    }

    func remove(_ id: String, _ client: TaskClient, force: Bool) async throws {
        do {
            guard let state = try await known(id, client) else {
                return try await removeUnknown(id, force: force)
            }
            // What was never started may have no end either, nor a Delete that returns.
            if state.status == .created, await deleteUnstarted(id, client, force: force) { return }
            if force { try await end(id, client, state) }
            try await client.delete(id)
        } catch let error as GantryError where error.code == .notFound {
            try await removeUnknown(id, force: force)
        }
    }

    /// - Returns: nil for what the shim does not know, which gVisor's says in another word.
    private func known(_ id: String, _ client: TaskClient) async throws -> StateResponse? {
        do {
            return try await client.state(id)
        } catch let error as GantryError
            where [.notFound, .failedPrecondition].contains(error.code)
        {
            return nil
        }
    }

    /// A runtime that was ended in its `create` leaves what only its `delete` knows.
    private func removeUnknown(_ id: String, force: Bool) async throws {
        try await StrayProcesses.endCreation(of: id)
        if force { await clean(id) }
    }

    private func deleteUnstarted(_ id: String, _ client: TaskClient, force: Bool) async -> Bool {
        do {
            try await client.delete(id, within: TaskClient.patience)
            return true
        } catch let error as GantryError where error.code == .deadlineExceeded && force {
            await clean(id)
            return true
        } catch {
            return false
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
        let state = try await required(id).state(id)
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
        try await required(id).update(id, limits)
    }

    func pause(_ id: String) async throws {
        try await required(id).pause(id)
    }

    func resume(_ id: String) async throws {
        try await required(id).resume(id)
    }

    func checkpoint(
        _ id: String, in directories: CheckpointDirectories, limit: Duration
    ) async throws {
        let options =
            shim.isRunc ? ShimProgram.checkpointOptions(work: directories.work) : nil
        try await required(id).checkpoint(
            id, path: directories.image, options: options, within: limit)
    }

    func usage(_ id: String) async throws -> CgroupUsage? {
        guard shim.hidesProcesses, let metrics = try await required(id).stats(id) else {
            return nil
        }
        return try CgroupUsage(metrics)
    }

    func resize(_ id: String, width: UInt16, height: UInt16) async throws {
        try await required(id).resize(id, width: width, height: height)
    }
}
