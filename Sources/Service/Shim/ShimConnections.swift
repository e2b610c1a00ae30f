internal import Shim
internal import Synchronization

/// The daemon's connections with shims, by the pods or containers that they are started for, and what is
/// known of shims.
final class ShimConnections: Sendable {
    private struct State {
        var clients: [String: TaskClient] = [:]
        /// Opens when the connection of that name ends.
        var ends: [String: Latch<Void>] = [:]
        /// Shims that have a pod's containers together.
        var shared: Set<ShimVersion> = []
        /// By sandbox: each opens when a container is created, or not.
        var creations: [String: [Latch<Void>]] = [:]
    }

    private let nursery: Nursery
    private let state = Mutex(State())

    init(_ nursery: Nursery) {
        self.nursery = nursery
    }

    /// - Returns: nil when the shim is gone.
    func client(of owner: String, at bootstrap: Bootstrap) async throws -> TaskClient? {
        if let client = state.withLock({ $0.clients[owner] }) { return client }
        guard let made = try await TaskClient.connect(bootstrap) else { return nil }
        let (client, isNew) = state.withLock { state in
            if let other = state.clients[owner] { return (other, false) }
            state.clients[owner] = made
            state.ends[owner] = Latch()
            return (made, true)
        }
        guard isNew else {
            made.close()
            return client
        }
        nursery.start {
            await client.run()
            self.forget(client, of: owner)
        }
        return client
    }

    private func forget(_ client: TaskClient, of owner: String) {
        let end = state.withLock { state -> Latch<Void>? in
            guard state.clients[owner] === client else { return nil }
            state.clients[owner] = nil
            return state.ends.removeValue(forKey: owner)
        }
        end?.open(())
    }

    /// Returns when the connection with a sandbox's shim has ended, or there is none.
    func end(of sandbox: String) async throws {
        try await state.withLock { $0.ends[sandbox] }?.wait()
    }

    func close() {
        for client in state.withLock({ Array($0.clients.values) }) { client.close() }
    }

    // MARK: Creations

    func beginCreation(in sandbox: String) -> Latch<Void> {
        let latch = Latch<Void>()
        state.withLock { state in
            state.creations[sandbox, default: []].removeAll { $0.value != nil }
            state.creations[sandbox, default: []].append(latch)
        }
        return latch
    }

    /// Those under way; none is kept.
    func creations(in sandbox: String) -> [Latch<Void>] {
        state.withLock { $0.creations.removeValue(forKey: sandbox) ?? [] }
    }

    // MARK: Who shares a shim

    func isShared(_ version: ShimVersion) -> Bool {
        state.withLock { $0.shared.contains(version) }
    }

    func noteShared(_ version: ShimVersion) {
        state.withLock { _ = $0.shared.insert(version) }
    }
}
