internal import Kernel
internal import Model
internal import Shim
internal import System

/// A sandbox that is the shim's own, by its sandbox API: no container of ours begins it.
///
/// What is done here can be repeated, and does nothing where a pod's sandbox is none of the shim's. A shim that
/// does not do its part is ended by force, and what it leaves is removed by its program, so that a pod can
/// always be stopped and removed.
extension ShimTasks {
    /// - Parameters:
    ///   - config: the CRI's PodSandboxConfig, encoded.
    ///   - network: the file of its network namespace; empty: the node's.
    /// - Returns: the process that stands for it on the node, if there is one.
    /// - Throws: `failedPrecondition` for a shim without the API, or whose containers do not run on Linux.
    func makeSandbox(
        config: [UInt8], network: String, within limit: Duration
    ) async throws -> Int32? {
        let client = try await required(sandbox).sandbox
        do {
            try await client.create(
                sandbox, bundle: sandboxBundle, config: config, network: network, within: limit)
            failpoint("RunPodSandbox/infra container created")
            try await requireLinux(client, within: limit)
            let pid = try await client.start(sandbox, within: limit)
            failpoint("RunPodSandbox/infra container started")
            try await note(process: pid)
            return pid
        } catch let error as GantryError where error.code == .unimplemented {
            throw GantryError(.failedPrecondition, error.description)
        }
    }

    private func note(process pid: Int32?) async throws {
        guard var record = try await record() else { return }
        record.process = pid ?? 0
        try await record.write(in: sandboxBundle)
    }

    /// A shim that cannot say it has the node's system.
    private func requireLinux(_ client: SandboxClient, within limit: Duration) async throws {
        let system = try? await client.operatingSystem(
            sandbox, within: min(limit, TaskClient.patience))
        guard let system, !["", "linux"].contains(system) else { return }
        throw GantryError(
            .failedPrecondition, "its containers run on \"\(system)\", which is not linux")
    }

    // MARK: Its end

    /// Ends what runs in it; the shim stays.
    /// - Returns: what went wrong, for which the shim was ended by force.
    func stopSandbox() async throws -> (any Error)? {
        guard let record = try await record() else { return nil }
        guard record.makesSandbox == true else {
            try await delete(sandbox, force: true)
            return nil
        }
        do {
            guard let client = try await client(record) else {
                if record.bootstrap != nil { try await removeRemains() }
                return nil
            }
            // One that was not started runs nothing, and shims answer in many ways then.
            guard record.process != nil else { return nil }
            try await client.sandbox.stop(sandbox, within: min(shim.limit, Self.killLimit))
        } catch let error as GantryError where [.notFound, .unimplemented].contains(error.code) {
            return nil
        } catch {
            try await endByForce(record)
            return error
        }
        return nil
    }

    /// Ends the shim, and forgets where it was.
    func shutDownSandbox() async throws {
        guard var record = try await record(), record.makesSandbox == true else { return }
        try await settleCreations()
        if record.bootstrap == nil { record.bootstrap = await startedAgain(sandbox, record) }
        if let client = try? await client(record) {
            if await shutDown(client) {
                try await endProcesses(of: record, after: Self.leave)
            } else {
                try await endByForce(record)
            }
            client.close()
        } else {
            // One whose address was never stored may be there all the same.
            try await endProcesses(of: record)
        }
        failpoint("RemovePodSandbox/shim ended")
        if let socket = record.bootstrap?.socket, shim.program.owns(socket: socket) {
            try await Blocking.run { try Files.remove(socket) }
        }
        try await ShimRecord.remove(in: sandboxBundle)
    }

    /// - Returns: whether it is going to end.
    private func shutDown(_ client: TaskClient) async -> Bool {
        do {
            let limit = min(shim.limit, Self.killLimit)
            try await client.sandbox.shutDown(sandbox, within: limit)
            return true
        } catch let error as GantryError where error.code == .unimplemented {
            // Without the API it is a shim like the others.
            return (try? await client.shutDown(sandbox)) ?? false
        } catch {
            return false
        }
    }

    /// Both at once.
    func endSandbox() async throws {
        _ = try await stopSandbox()
        try await shutDownSandbox()
    }

    private func endByForce(_ record: ShimRecord) async throws {
        try await endProcesses(of: record)
        try await removeRemains()
    }

    /// A program that fails at it has been given its chance; the pod must go all the same.
    private func removeRemains() async throws {
        _ = try? await shim.program.delete(sandbox, bundle: sandboxBundle)
    }

    // MARK: What it is like

    /// - Returns: nil when the shim is gone.
    func sandboxClient() async throws -> SandboxClient? {
        try await client(record())?.sandbox
    }
}
