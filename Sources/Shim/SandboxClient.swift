internal import Kernel
internal import Model
internal import Protobuf
public import System
internal import TTRPC
internal import Text

/// The sandbox API of a shim, over the connection of its tasks.
///
/// A method that the shim does not have is `unimplemented`, in whatever words it says so; the other errors
/// are the shim's own, `unavailable` when it is gone.
public struct SandboxClient: Sendable {
    static let service = "containerd.runtime.sandbox.v1.Sandbox"

    let shim: TaskClient

    /// Takes what the sandbox is to be like.
    /// - Parameters:
    ///   - bundle: the directory that the shim was started in.
    ///   - config: the CRI's PodSandboxConfig, encoded.
    ///   - network: the file of its network namespace; empty: the node's.
    public func create(
        _ id: String, bundle: String, config: [UInt8], network: String, within limit: Duration
    ) async throws {
        let request = CreateSandboxRequest(
            sandboxId: id, bundlePath: bundle,
            options: TypedMessage(typeUrl: Self.configType, value: config), netnsPath: network)
        let _: Nothing = try await call("CreateSandbox", request, within: limit)
    }

    /// - Returns: the process that stands for it on the node; nil for none.
    /// - Throws: `internal` for a number that no process has.
    public func start(_ id: String, within limit: Duration) async throws -> Int32? {
        let response: StartSandboxResponse = try await call(
            "StartSandbox", SandboxRequest(sandboxId: id), within: limit)
        guard let pid = Int32(exactly: response.pid) else {
            throw GantryError(.internal, "the shim tells of a process \(response.pid)")
        }
        return pid > 0 ? pid : nil
    }

    /// The operating system that its containers run on, as images name it; empty where it does not say.
    public func operatingSystem(_ id: String, within limit: Duration) async throws -> String {
        let response: PlatformResponse = try await call(
            "Platform", SandboxRequest(sandboxId: id), within: limit)
        return response.platform?.os ?? ""
    }

    /// Ends what runs in it.
    public func stop(_ id: String, within limit: Duration) async throws {
        let _: Nothing = try await call(
            "StopSandbox", StopSandboxRequest(sandboxId: id), within: limit)
    }

    /// Waits for its end, however long that takes; cancelling the task ends the waiting.
    public func wait(_ id: String) async throws -> TaskEnd {
        let response: WaitResponse = try await call(
            "WaitSandbox", SandboxRequest(sandboxId: id), within: .longest)
        return TaskEnd(status: response.exitStatus, at: response.exitedAt)
    }

    /// - Parameter verbose: whether `info` is wanted.
    public func status(_ id: String, verbose: Bool = false) async throws -> SandboxReport {
        let response: SandboxStatusResponse = try await call(
            "SandboxStatus", SandboxStatusRequest(sandboxId: id, verbose: verbose))
        return SandboxReport(response)
    }

    public func ping(_ id: String) async throws {
        let _: Nothing = try await call("PingSandbox", SandboxRequest(sandboxId: id))
    }

    /// Ends the shim; its end may come before its answer.
    public func shutDown(_ id: String, within limit: Duration) async throws {
        do {
            let _: Nothing = try await call(
                "ShutdownSandbox", SandboxRequest(sandboxId: id), within: limit)
        } catch let error as GantryError where error.code == .unavailable {
            return
        }
    }

    /// What all of it uses; nil where the shim does not say, or in terms that are not known.
    public func usage(_ id: String) async throws -> CgroupUsage? {
        let response: SandboxMetricsResponse = try await call(
            "SandboxMetrics", SandboxRequest(sandboxId: id))
        return try response.metrics?.data.flatMap { try CgroupUsage($0) }
    }

    // MARK: Calls

    /// The name of the message (containerd, typeurl).
    private static let configType = "runtime.v1.PodSandboxConfig"

    private func call<Response: CMessage>(
        _ method: String, _ request: some CMessage, within limit: Duration = TaskClient.patience
    ) async throws -> Response {
        do {
            return try await shim.call(Self.service, method, request, within: limit)
        } catch let error as GantryError where Self.meansMissing(error) {
            throw GantryError(
                .unimplemented, "the shim has no \(method) of the sandbox API", cause: error)
        } catch let error as GantryError {
            throw GantryError(method, from: error)
        }
    }

    /// ttrpc in Go answers with the code for it; in Rust with others, and says what is missing by its name.
    private static func meansMissing(_ error: GantryError) -> Bool {
        if error.code == .unimplemented { return true }
        guard [.notFound, .invalidArgument].contains(error.code), error.message.has(text: service)
        else { return false }
        return ["not supported", "does not exist", "not implemented"].contains {
            error.message.has(text: $0)
        }
    }
}

/// How a sandbox is, as its shim says.
public struct SandboxReport: Hashable, Sendable {
    /// On the node; 0 is none.
    public let pid: UInt32
    /// `SANDBOX_READY` or `SANDBOX_NOTREADY`.
    public let state: String
    /// Of the shim's choice; empty unless it was asked for.
    public let info: [String: String]
    /// Nanoseconds since 1970; 0 where it does not say.
    public let createdAt: Int64
    public let exitedAt: Int64

    init(_ response: SandboxStatusResponse) {
        pid = response.pid
        state = response.state
        info = response.info
        createdAt = response.createdAt?.nanosecondsSince1970 ?? 0
        exitedAt = response.exitedAt?.nanosecondsSince1970 ?? 0
    }

    /// Words that are none of the CRI's say nothing.
    public var hasEnded: Bool { state.isSame(as: "SANDBOX_NOTREADY") }
}
