internal import Glibc
internal import Kernel
internal import Model
internal import Protobuf
internal import System
internal import Text

/// A shim's program, by which shims are started and what is left of dead ones is removed.
public struct ShimProgram: Sendable {
    public let path: String
    /// Under which the shim keeps its tasks; containerd's for Kubernetes is `k8s.io`.
    public let namespace: String
    /// The socket to which the shim sends its events (containerd.services.events.ttrpc.v1.Events).
    public var eventSocket: String
    /// A directory for the shim's socket; its path must be short (unix(7)).
    public let socketDirectory: String
    /// The time that one run of the program may take.
    let limit: Duration
    /// Whether it is from before containerd 2.0: `start` reads its options alone, and fails on more.
    var takesOptionsAlone = false

    public init(
        path: String, namespace: String = "k8s.io", eventSocket: String = "",
        socketDirectory: String,
        limit: Duration = .seconds(120)
    ) {
        self.path = path
        self.namespace = namespace
        self.eventSocket = eventSocket
        self.socketDirectory = socketDirectory
        self.limit = limit
    }

    /// Starts the shim of a sandbox, or of one of its containers.
    /// - Parameters:
    ///   - id: the sandbox's, or the container's. A shim that serves the same sandbox may be found by
    ///     the annotations of the bundle's spec, and its address comes back.
    ///   - bundle: the directory with the spec; the shim's log is put there.
    ///   - options: as the program takes them.
    /// - Throws: `unavailable` with the program's own words; see `Bootstrap`.
    public func start(_ id: String, bundle: String, options: TypedMessage? = nil) async throws
        -> Bootstrap
    {
        guard eventSocket.utf8.count <= Self.longestAddress else {
            throw GantryError(
                .failedPrecondition,
                "run_root: shims cannot connect with \(eventSocket), a path of more than "
                    + "\(Self.longestAddress) bytes (unix(7))")
        }
        // The shim opens it before anything else, and waits where it is a FIFO that nobody reads.
        try await Blocking.run {
            if !Files.exists("\(bundle)/log") { try Files.replace("\(bundle)/log", with: []) }
        }
        let output = try await run("start", id, in: bundle, input: input(id, options))
        return try Bootstrap(answer: output)
    }

    /// Bytes of a unix socket's path.
    private static let longestAddress = 107

    private func input(_ id: String, _ options: TypedMessage?) -> [UInt8] {
        if takesOptionsAlone { return options.map { Codec.encode($0) } ?? [] }
        var parameters = BootstrapParams(
            instanceId: id, namespace: namespace, containerdVersion: Self.spokenVersion,
            containerdTtrpcAddress: eventSocket, containerdBinary: Self.publisher,
            socketDir: socketDirectory)
        if let options { parameters.extensions = [Extension(value: options)] }
        return Codec.encode(parameters)
    }

    /// Removes what a dead shim has left of a task: its processes, mounts and state.
    /// - Returns: how the task ended, as far as the program knows.
    public func delete(_ id: String, bundle: String) async throws -> TaskEnd {
        let output = try await run("delete", id, in: bundle, arguments: ["-bundle", bundle])
        let response: DeleteResponse = try Codec.decode(output)
        return TaskEnd(status: response.exitStatus, at: response.exitedAt)
    }

    /// Shims of 2.3 and later go by the version of who starts them.
    private static let spokenVersion = "2.4.0"
    /// Called with an event by shims that know no socket for events.
    private static let publisher = "/bin/true"

    /// Has the program say what it calls itself, as `io.containerd.runc.v2`. Those from before
    /// containerd 2.0 cannot, and go by their file's name, which is containerd's rule for all.
    /// - Throws: `unavailable` with the program's own words.
    public mutating func probe() async throws -> String {
        let said = try await ask("-info")
        if said.status == 0, let info: RuntimeInfo = try? Codec.decode(said.standardOutput),
            !info.name.isEmpty
        {
            return info.name
        }
        if said.status != 0, let name = Self.runtime(ofProgram: path) {
            let version = try await ask("-v")
            if version.status == 0, !version.text.isEmpty {
                takesOptionsAlone = true
                return name
            }
        }
        throw GantryError(
            .unavailable, "\(path) -info ends with \(said.status): \(said.errorText)")
    }

    /// Every start of the daemon waits for it, whether anybody uses the shim or not.
    private static let patience = Duration.seconds(30)

    private func ask(_ option: String) async throws -> Command.Output {
        do {
            return try await Command(path, [option], limit: min(limit, Self.patience)).run()
        } catch {
            throw GantryError(.unavailable, "\(path) cannot run", cause: error)
        }
    }

    private func run(
        _ action: String, _ id: String, in bundle: String, arguments: [String] = [],
        input: [UInt8] = []
    ) async throws -> [UInt8] {
        // No program here has a working directory of its own, and shims want to be in their bundle.
        let words =
            ["-C", bundle, path] + [
                "-namespace", namespace, "-address", eventSocket, "-publish-binary", Self.publisher,
                "-id", id,
            ] + arguments + [action]
        let command = Command(
            Self.changer, words, environment: environment, input: input, limit: limit)
        let output = try await command.run()
        guard output.status == 0 else {
            let said = output.errorText + output.text
            throw GantryError(
                .unavailable, "\(path) \(action) ends with \(output.status): \(said.trimmed)")
        }
        return output.standardOutput
    }

    /// Which shim a process is, by its arguments: shims run themselves with those of their `start`, or
    /// most of them.
    /// - Returns: the sandbox or container that it was started for, as far as it says, and the socket for
    ///   events that it was given; nil for what is no shim.
    public static func shim(by arguments: [String]) -> (id: String?, events: String)? {
        func value(_ option: String) -> String? {
            arguments.drop { $0 != option }.dropFirst().first
        }
        guard value("-namespace") != nil, let events = value("-address") else { return nil }
        return (value("-id"), events)
    }

    /// Whether the file is in the directory that it was given, or where those from before containerd 2.3
    /// put theirs whatever they are given.
    public func owns(socket: String) -> Bool {
        socket.begins(with: "\(socketDirectory)/") || socket.begins(with: "/run/containerd/s/")
    }

    /// env(1): `-C` changes the working directory.
    private static let changer = "/usr/bin/env"

    private var environment: [String] {
        Command.plainEnvironment + [
            "GOMAXPROCS=2", "MAX_SHIM_VERSION=3", "TTRPC_ADDRESS=\(eventSocket)",
            "GRPC_ADDRESS=\(eventSocket)", "NAMESPACE=\(namespace)",
        ]
    }
}

extension ShimProgram {
    /// The program of a runtime's name: `io.containerd.kata.v2` is `containerd-shim-kata-v2`.
    public static func name(ofRuntime name: String) -> String? {
        let parts = name.split(at: ".").suffix(2)
        guard parts.count == 2, !name.has("/") else { return nil }
        return "containerd-shim-\(parts.joined(separator: "-"))"
    }

    /// The other way around, as `io.containerd.kata-qemu.v2` of `containerd-shim-kata-qemu-v2`; nil for
    /// a file that is not named by that rule.
    static func runtime(ofProgram path: String) -> String? {
        guard let name = ShimName(file: String(path.split(at: "/").last ?? "")) else { return nil }
        return "io.containerd.\(name.name).v\(name.version)"
    }

    /// Options of a shim that has a configuration file of its own (Kata, gVisor, runwasi).
    public static func options(
        file: String, type: String = "", body: String = ""
    ) -> TypedMessage {
        let options = RuntimeOptions(
            typeUrl: type, configPath: file, configBody: Array(body.utf8))
        return TypedMessage(typeUrl: "runtimeoptions.v1.Options", value: Codec.encode(options))
    }

    /// Options of runc's shim, which runs any OCI command line.
    /// - Parameters:
    ///   - runtime: the program; empty is runc on the search path.
    ///   - root: where that keeps its state.
    public static func options(
        runtime: String, root: String, systemdCgroup: Bool
    ) -> TypedMessage {
        let options = RuncOptions(
            binaryName: runtime, root: root, systemdCgroup: systemdCgroup)
        return TypedMessage(typeUrl: "containerd.runc.v1.Options", value: Codec.encode(options))
    }
}

extension ShimProgram {
    /// How runc's shim is to checkpoint a container, which is to run on.
    /// - Parameter work: where CRIU's log is to be.
    public static func checkpointOptions(work: String) -> TypedMessage {
        let options = RuncCheckpointOptions(fileLocks: true, workPath: work)
        return TypedMessage(
            typeUrl: "containerd.runc.v1.CheckpointOptions", value: Codec.encode(options))
    }
}

/// How a task ended.
public struct TaskEnd: Hashable, Sendable {
    /// The exit code, or 128 + the signal that ended it.
    public let code: Int32
    /// Nanoseconds since 1970; 0 when the shim does not tell.
    public let at: Int64

    public init(code: Int32, at: Int64) {
        self.code = code
        self.at = at
    }

    /// Numbers from outside: clamped, since shims have sent times of year 1 and exit codes of 2^32-1.
    init(status: UInt32, at time: Timestamp?) {
        self.init(
            code: Int32(clamping: min(status, 255)), at: time?.nanosecondsSince1970 ?? 0)
    }
}

extension Timestamp {
    /// Clamped to what fits.
    var nanosecondsSince1970: Int64 {
        let seconds = max(0, min(seconds, 9_000_000_000))
        return seconds * 1_000_000_000 + Int64(clamping: max(0, min(nanos, 999_999_999)))
    }
}
