internal import Model
internal import OCI
internal import System

/// How containers end and go, for all the RPCs that make them.
struct Lifecycle: Sendable {
    let node: Node

    /// After SIGKILL only a process that hangs in the kernel lives on; the caller should know.
    static let killLimit = Duration.seconds(30)

    /// How long an exit waits for the start that it ends, so that both are told in their order.
    private static let startLimit = Duration.seconds(1)

    /// Notes an exit: stored first, then visible. The first exit stands, and is when this returns.
    func end(
        _ container: SandboxContainer, _ exit: @Sendable (_ startedAt: Int64) -> ContainerExit
    ) async {
        guard let exit = container.beginEnd(exit) else {
            _ = try? await container.ended.wait()
            return
        }
        failpoint("StopContainer/exit noted")
        await node.persist(container)
        failpoint("StopContainer/exit stored")
        if let start = container.current.start {
            try? await withDeadline(Self.startLimit, "start") { try await start.wait() }
        }
        container.finishEnd(exit)
        node.telemetry.exited(exit)
        node.tell(.stoppedEvent, of: container)
        if exit.wasCreated { await node.plugins.stopped(container) }
        container.ended.open(exit)
    }

    /// Sends the stop signal, and SIGKILL after `grace`. Returns when the container has exited.
    ///
    /// Calls do not wait for each other, so a second one can only bring the end nearer.
    func stop(_ container: SandboxContainer, grace: Duration) async throws {
        guard container.phase.isLive else { return }
        if try await endedUnstarted(container) { return }
        if grace > .zero {
            try await signal(container, container.details.stopSignal)
            failpoint("StopContainer/signalled")
            if try await ended(container, within: grace) { return }
        }
        try await kill(container)
    }

    /// Kills a container and waits until it is gone.
    func kill(_ container: SandboxContainer) async throws {
        guard container.phase.isLive else { return }
        if try await endedUnstarted(container) { return }
        // Its cgroup is known whatever has become of the runtime, or of what that knew.
        do {
            if try await !signal(container, StopSignal.kill) {
                _ = try await killedByCgroup(container)
            }
        } catch {
            guard try await killedByCgroup(container) else { throw error }
        }
        if try await ended(container, within: Monitor.patience) { return }
        if let monitor = container.sandbox.current.monitor {
            _ = try await node.lastWord(of: monitor, container.sandbox)
        }
        guard try await ended(container, within: Self.killLimit - Monitor.patience) else {
            throw GantryError(
                .deadlineExceeded,
                "container \(container.id) has not exited \(Self.killLimit) after SIGKILL")
        }
    }

    /// A container that was never started may have no process that could end: one whose program cannot
    /// be run, and one in a runtime that hides its processes, which is deleted instead.
    private func endedUnstarted(_ container: SandboxContainer) async throws -> Bool {
        switch container.phase {
        case .unrunnable: break
        case .created:
            let runtime = try node.runtime(of: container.sandbox)
            guard runtime.handler.hidesProcesses else { return false }
            try await runtime.delete(container.id, force: true)
        default: return false
        }
        await end(container) {
            ContainerExit(
                startedAt: $0, finishedAt: Clock.now(), code: 128 + StopSignal.kill,
                reason: "Error")
        }
        return true
    }

    /// A container that exits just now cannot be signalled, which is as good.
    /// - Returns: false when the runtime does not know it.
    @discardableResult
    private func signal(_ container: SandboxContainer, _ signal: Int32) async throws -> Bool {
        do {
            try await node.runtime(of: container.sandbox).kill(container.id, signal: signal)
            try await node.cgroup(of: container).thaw()
            return true
        } catch {
            if container.phase.pid == nil || container.current.ending != nil { return true }
            if (error as? GantryError)?.code == .notFound { return false }
            // LXC's freezes what it signals, and may fail over a cgroup that has just gone with it.
            try? await node.cgroup(of: container).thaw()
            if try await ended(container, within: Self.reapLimit) { return true }
            throw error
        }
    }

    /// From a container's death until it is known, where another process than its init is waited for.
    private static let reapLimit = Duration.seconds(2)

    private func ended(_ container: SandboxContainer, within limit: Duration) async throws -> Bool {
        do {
            _ = try await withDeadline(limit, "exit") { try await container.ended.wait() }
            return true
        } catch let error as GantryError where error.code == .deadlineExceeded {
            return container.ended.value != nil
        }
    }
}
