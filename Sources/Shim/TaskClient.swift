internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Protobuf
internal import System
internal import TTRPC

/// The tasks of one shim, over a connection that ends with either side.
public final class TaskClient: Sendable {
    private let link: SocketLink
    private let client: Client
    private let service: String
    /// Of the pod that the tasks are in, where the shim has such a service.
    public var sandbox: SandboxClient { SandboxClient(shim: self) }

    /// The time for what a shim does at once.
    public static let patience = Duration.seconds(10)
    /// The time for what has a virtual machine start, or a runtime run.
    public static let slow = Duration.seconds(120)
    /// Bytes of one answer: stats and lists of processes are the longest.
    private static let largest = 1 << 20

    private init(_ socket: consuming Kernel.Descriptor, version: Int) {
        let link = SocketLink(socket)
        self.link = link
        client = Client(largest: Self.largest) { try link.send($0) }
        service = version >= 3 ? "containerd.task.v3.Task" : "containerd.task.v2.Task"
    }

    /// - Returns: nil when nobody listens there any more.
    public static func connect(_ bootstrap: Bootstrap) async throws -> TaskClient? {
        try await Blocking.run {
            do throws(SystemError) {
                let socket = try syscall("connect", bootstrap.socket) {
                    gantry_unix_connect(bootstrap.socket, 1)
                }
                return TaskClient(Kernel.Descriptor(owning: socket), version: bootstrap.version)
            } catch {
                if error.errno == ECONNREFUSED || error.errno == ENOENT { return nil }
                throw error
            }
        }
    }

    /// Reads what the shim sends, until it is gone or `close` is called: calls are answered only while
    /// this runs. Whoever waits then is told that the shim is gone.
    public func run() async {
        do {
            try await link.run { try self.client.take($0) }
            client.close(GantryError(.unavailable, "the shim is gone"))
        } catch {
            client.close(GantryError(.unavailable, "the shim breaks the protocol: \(error)"))
        }
    }

    public func close() {
        link.close()
    }

    // MARK: Tasks

    /// Makes a task, or where the shim has a sandbox, a container in it.
    /// How long that may take is for the caller to say: a machine may start for it.
    /// - Returns: the process ID that it has on the node.
    public func create(
        _ id: String, bundle: String, root: [RootMount] = [], _ streams: TaskStreams,
        options: TypedMessage? = nil
    ) async throws -> Int32 {
        let response: CreateTaskResponse = try await call(
            "Create",
            CreateTaskRequest(
                id: id, bundle: bundle, rootfs: root, terminal: streams.terminal,
                stdin: streams.stdin, stdout: streams.stdout, stderr: streams.stderr,
                options: options), within: .longest)
        return try Self.process(response.pid)
    }

    /// Adds a process to a task, which `start` then begins.
    /// - Parameter process: of the OCI runtime specification, as JSON.
    public func addProcess(
        _ exec: String, to id: String, _ process: [UInt8], _ streams: TaskStreams
    ) async throws {
        let _: Nothing = try await call(
            "Exec",
            ExecProcessRequest(
                id: id, execId: exec, terminal: streams.terminal, stdin: streams.stdin,
                stdout: streams.stdout, stderr: streams.stderr,
                spec: TypedMessage(typeUrl: Self.processType, value: process)), within: Self.slow)
    }

    /// - Parameter exec: of a process that was added; empty is the task's own, here and below.
    @discardableResult
    public func start(_ id: String, exec: String = "") async throws -> Int32 {
        let response: StartResponse = try await call(
            "Start", StartRequest(id: id, execId: exec), within: Self.slow)
        return try Self.process(response.pid)
    }

    /// Waits for a process's end, however long that takes; cancelling the task ends the waiting.
    public func wait(_ id: String, exec: String = "") async throws -> TaskEnd {
        let response: WaitResponse = try await call(
            "Wait", WaitRequest(id: id, execId: exec), within: .longest)
        return TaskEnd(status: response.exitStatus, at: response.exitedAt)
    }

    /// - Parameter all: to all processes of the task.
    /// - Throws: `notFound` when there is none any more.
    public func kill(
        _ id: String, exec: String = "", signal: Int32, all: Bool = false
    ) async throws {
        let _: Nothing = try await call(
            "Kill",
            KillRequest(id: id, execId: exec, signal: UInt32(clamping: signal), all: all))
    }

    /// Has the shim forget a process that has ended, or was never started.
    @discardableResult
    public func delete(
        _ id: String, exec: String = "", within limit: Duration = slow
    ) async throws -> TaskEnd {
        let response: DeleteResponse = try await call(
            "Delete", DeleteRequest(id: id, execId: exec), within: limit)
        return TaskEnd(status: response.exitStatus, at: response.exitedAt)
    }

    public func state(_ id: String, exec: String = "") async throws -> StateResponse {
        try await call("State", StateRequest(id: id, execId: exec))
    }

    /// The node's processes that are the task's, as far as they are the node's at all.
    public func processes(_ id: String) async throws -> [Int32] {
        let response: PidsResponse = try await call("Pids", TaskRequest(id: id))
        return response.processes.map { Int32(clamping: $0.pid) }
    }

    public func resize(_ id: String, exec: String = "", width: UInt16, height: UInt16) async throws
    {
        let _: Nothing = try await call(
            "ResizePty",
            ResizePtyRequest(
                id: id, execId: exec, width: UInt32(clamping: width),
                height: UInt32(clamping: height)))
    }

    /// The shim holds the input open for its own; without this no end of it is ever seen.
    public func closeInput(_ id: String, exec: String = "") async throws {
        let _: Nothing = try await call(
            "CloseIO", CloseIORequest(id: id, execId: exec, stdin: true))
    }

    /// - Parameter limits: of the OCI runtime specification, as JSON.
    public func update(_ id: String, _ limits: [UInt8]) async throws {
        let _: Nothing = try await call(
            "Update",
            UpdateTaskRequest(
                id: id, resources: TypedMessage(typeUrl: Self.limitsType, value: limits)),
            within: Self.slow)
    }

    /// What it uses, in a message of the shim's choice; nil for none.
    public func stats(_ id: String) async throws -> TypedMessage? {
        let response: StatsResponse = try await call("Stats", TaskRequest(id: id))
        return response.stats
    }

    public func pause(_ id: String) async throws {
        let _: Nothing = try await call("Pause", TaskRequest(id: id))
    }

    public func resume(_ id: String) async throws {
        let _: Nothing = try await call("Resume", TaskRequest(id: id))
    }

    /// Writes what runs into a directory; it runs on.
    /// - Parameter options: of the shim's own kind.
    public func checkpoint(
        _ id: String, path: String, options: TypedMessage? = nil, within limit: Duration
    ) async throws {
        let _: Nothing = try await call(
            "Checkpoint", CheckpointTaskRequest(id: id, path: path, options: options),
            within: limit)
    }

    /// The process of the shim that has a task. It is not the socket's peer, which is the `start` that
    /// has made the socket for it.
    public func process(of id: String) async throws -> Int32 {
        let response: ConnectResponse = try await call("Connect", TaskRequest(id: id))
        return try Self.process(response.shimPid)
    }

    /// Ends a shim that has no task any more; its end may come before its answer.
    /// - Returns: whether it has answered.
    public func shutDown(_ id: String) async throws -> Bool {
        do {
            let _: Nothing = try await call("Shutdown", ShutdownRequest(id: id))
            return true
        } catch let error as GantryError where error.code == .unavailable {
            return false
        }
    }

    // MARK: Calls

    /// Names under which shims know the specification's types (containerd, typeurl).
    private static let processType = "types.containerd.io/opencontainers/runtime-spec/1/Process"
    private static let limitsType =
        "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources"

    private func call<Response: CMessage>(
        _ method: String, _ request: some CMessage, within limit: Duration = patience
    ) async throws -> Response {
        try await call(service, method, request, within: limit)
    }

    /// Of any service that the shim has at this socket.
    func call<Response: CMessage>(
        _ service: String, _ method: String, _ request: some CMessage, within limit: Duration
    ) async throws -> Response {
        try Codec.decode(
            try await client.call(service, method, Codec.encode(request), within: limit))
    }

    private static func process(_ pid: UInt32) throws -> Int32 {
        guard let pid = Int32(exactly: pid), pid > 0 else {
            throw GantryError(.internal, "the shim tells of a process \(pid)")
        }
        return pid
    }
}

/// The FIFOs of a process; an empty path is none.
public struct TaskStreams: Hashable, Sendable {
    public var stdin = ""
    public var stdout = ""
    public var stderr = ""
    /// Then there is no stderr.
    public var terminal = false

    public init(
        stdin: String = "", stdout: String = "", stderr: String = "", terminal: Bool = false
    ) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.terminal = terminal
    }
}
