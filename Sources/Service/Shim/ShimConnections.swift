internal import Shim
internal import Synchronization

/// The daemon's connections with shims, one a pod, and what shims have told by themselves.
final class ShimConnections: Sendable {
    private struct State {
        var clients: [String: TaskClient] = [:]
        /// Opens when the connection of that name ends.
        var ends: [String: Latch<Void>] = [:]
        /// Containers in which the kernel has killed for want of memory.
        var short: Set<String> = []
        /// By sandbox: each opens when a container is created, or not.
        var creations: [String: [Latch<Void>]] = [:]
    }

    private let nursery: Nursery
    private let state = Mutex(State())

    init(_ nursery: Nursery) {
        self.nursery = nursery
    }

    /// - Returns: nil when the shim is gone.
    func client(of sandbox: String, at bootstrap: Bootstrap) async throws -> TaskClient? {
        if let client = state.withLock({ $0.clients[sandbox] }) { return client }
        guard let made = try await TaskClient.connect(bootstrap) else { return nil }
        let (client, isNew) = state.withLock { state in
            if let other = state.clients[sandbox] { return (other, false) }
            state.clients[sandbox] = made
            state.ends[sandbox] = Latch()
            return (made, true)
        }
        guard isNew else {
            made.close()
            return client
        }
        nursery.start {
            await client.run()
            self.forget(client, of: sandbox)
        }
        return client
    }

    private func forget(_ client: TaskClient, of sandbox: String) {
        let end = state.withLock { state -> Latch<Void>? in
            guard state.clients[sandbox] === client else { return nil }
            state.clients[sandbox] = nil
            return state.ends.removeValue(forKey: sandbox)
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

    // MARK: Events

    func take(_ event: TaskEvent) {
        guard case .outOfMemory(let container) = event else { return }
        state.withLock { _ = $0.short.insert(container) }
    }

    /// Whether memory was short in the container; told once.
    func takeShortage(in container: String) -> Bool {
        state.withLock { $0.short.remove(container) != nil }
    }
}
