internal import Glibc
internal import Model
internal import OCI
internal import System

/// Commands in a container that meet its end.
extension Node {
    /// Runs a command in `container`. One that fails because the container ends meanwhile fails with
    /// that, whatever the runtime stumbled over: a file of /proc, a fork, a cgroup that is gone.
    /// - Throws: `failedPrecondition` then; what `body` throws.
    func command<Result>(
        in container: SandboxContainer, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error where error.mayComeOfAnEnd {
            if try await mayHaveEnded(container) { await container.awaitExit() }
            if case .running = container.phase { throw error }
            throw GantryError(
                .failedPrecondition, "container \(container.id) is not running", cause: error)
        }
    }
}

extension Node {
    /// Where processes are hidden, the runtime knows whether there is one.
    fileprivate func mayHaveEnded(_ container: SandboxContainer) async throws -> Bool {
        let runtime = try runtime(of: container.sandbox)
        guard runtime.handler.hidesProcesses else { return !container.hasProgram }
        return (try? await runtime.state(container.id))?.status != .running
    }
}

extension SandboxContainer {
    /// A process that is exiting gives up its program long before it is reaped, and the container's
    /// others are killed in between (pid_namespaces(7)).
    var hasProgram: Bool {
        guard let pid = phase.pid else { return false }
        var target: CChar = 0
        return readlink("/proc/\(pid)/exe", &target, 1) > 0
    }

    private static let exitLimit = Duration.seconds(2)

    fileprivate func awaitExit() async {
        try? await withDeadline(Self.exitLimit, "exit") { _ = try await self.ended.wait() }
    }
}

extension Error {
    /// Not what took too long. A limit that is refused may be one whose cgroup is gone.
    fileprivate var mayComeOfAnEnd: Bool {
        if self is CancellationError { return false }
        guard let code = (self as? GantryError)?.code else { return true }
        return ![.deadlineExceeded, .cancelled].contains(code)
    }
}
