internal import Kernel
internal import Logging
internal import Model
internal import Shim
internal import System
internal import Text

/// The end of a shim itself.
extension ShimTasks {
    /// Ends a shim that has no container any more. Safe to repeat.
    /// - Parameters:
    ///   - process: the shim's, as far as it has said.
    ///   - isDeleted: whether it has deleted its container. Otherwise its program is to, for which that is
    ///     no error where it is gone already.
    func end(
        _ record: ShimRecord, _ process: PidDescriptor?, isDeleted: Bool = true
    ) async throws {
        let id = record.owner
        if id == sandbox { try await settleCreations() }
        var bootstrap = record.bootstrap
        if bootstrap == nil { bootstrap = await startedAgain(id, record) }
        // The pod's own goes on.
        if record.container != nil, let bootstrap, try await isPods(bootstrap) {
            return try await ShimRecord.remove(in: bundle(id))
        }
        if let bootstrap, let client = try await connections.client(of: id, at: bootstrap) {
            let hasEnded = try await shutDown(client, record, process)
            client.close()
            if !hasEnded || !isDeleted { await clean(id) }
        } else {
            await clean(id)
        }
        // One that was killed leaves its socket.
        if let socket = bootstrap?.socket, shim.program.owns(socket: socket) {
            try await Blocking.run { try Files.remove(socket) }
        }
        try await ShimRecord.remove(in: bundle(id))
    }

    /// Where the shim is whose answer was lost: started again, it is the one that is there.
    /// - Returns: nil for one that does not start.
    func startedAgain(_ id: String, _ record: ShimRecord) async -> Bootstrap? {
        try? await program(of: record).start(id, bundle: bundle(id), options: shim.options)
    }

    /// A shim does not count what it is creating, and would leave it behind.
    func settleCreations() async throws {
        for creation in connections.creations(in: sandbox) {
            try await withDeadline(Self.killLimit, "a creation") { try await creation.wait() }
        }
    }

    /// - Returns: whether it has gone by itself, and not been killed as it hangs.
    private func shutDown(
        _ client: TaskClient, _ record: ShimRecord, _ process: PidDescriptor?
    ) async throws -> Bool {
        do {
            // One that answers lives, and the descriptor is its own.
            guard try await client.shutDown(record.owner), let process else { return true }
            return try await Self.end(process)
        } catch let error as GantryError where error.code == .deadlineExceeded {
            try await endProcesses(of: record)
            return false
        }
    }

    /// A shim that does not go when it is asked to has nothing left to lose.
    private static func end(_ process: PidDescriptor) async throws -> Bool {
        do {
            try await withDeadline(leave, "the end of the shim") { try await process.exit() }
            return true
        } catch let error as GantryError where error.code == .deadlineExceeded {
            process.kill()
            try await withDeadline(killLimit, "the end of the shim") { try await process.exit() }
            return false
        }
    }

    /// Kills it by its arguments: one that hangs does not say which process it is.
    func endProcesses(of record: ShimRecord, after grace: Duration = .zero) async throws {
        let events = program(of: record).eventSocket
        // Earlier versions had one for all pods.
        let unnamed = record.events == nil || record.container != nil ? "" : record.owner
        try await Orphans.end(after: grace) {
            guard let shim = ShimProgram.shim(by: $0.arguments) else { return false }
            return shim.events.isSame(as: events) && (shim.id ?? unnamed).isSame(as: record.owner)
        }
    }

    /// Has the program remove what a shim has left that is gone. One that fails at it, as Kata's does after a
    /// machine that was never made, has been given its chance: the pod must go all the same.
    /// - Returns: whether nothing is left.
    @discardableResult
    func clean(_ id: String) async -> Bool {
        guard Files.exists("\(bundle(id))/config.json") else { return true }
        do {
            _ = try await shim.program.delete(id, bundle: bundle(id))
            return true
        } catch {
            log.warning("what the shim of \(id) has left may be there still: \(error)")
            return false
        }
    }
}
