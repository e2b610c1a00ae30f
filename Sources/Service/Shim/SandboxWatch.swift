internal import Logging
internal import Model
internal import Shim
internal import System

/// Follows a sandbox that is its shim's own. When it ends, or its shim does, the pod is not ready any more;
/// its containers' ends are told by themselves.
struct SandboxWatch: Sendable {
    let node: Node
    let sandbox: Sandbox
    let tasks: ShimTasks

    /// Connections after which a shim that always breaks them is given up.
    private static let mostConnections = 3

    /// - Parameter isAfterRestart: whether it may have ended while nobody waited for it.
    func run(isAfterRestart: Bool = false) async {
        do {
            var hasEnded = isAfterRestart ? try await hasEnded() : false
            for _ in 0..<Self.mostConnections where !hasEnded { hasEnded = try await wait() }
        } catch is CancellationError {
            return
        } catch {
            node.log.warning("the sandbox of \(sandbox.name) cannot be followed: \(error)")
        }
        guard !node.isShuttingDown else { return }
        await Watch(node: node, sandbox: sandbox).sandboxEnded()
    }

    /// - Returns: whether it has ended; otherwise the connection has.
    private func wait() async throws -> Bool {
        guard let client = try await tasks.sandboxClient(), !node.isShuttingDown else {
            return true
        }
        do {
            let end = try await client.wait(sandbox.id)
            if sandbox.phase == .ready {
                node.log.warning("the sandbox of \(sandbox.name) has ended with \(end.code)")
            }
            return true
        } catch let error as GantryError where error.code == .unavailable {
            try await node.shims.end(of: sandbox.id)
            return false
        } catch let error as GantryError {
            // A shim that cannot tell of the end by itself is asked once.
            if error.code == .notFound { return true }
            if try await hasEnded() { return true }
            node.log.warning("the sandbox of \(sandbox.name) is followed by its shim: \(error)")
            try await node.shims.end(of: sandbox.id)
            return false
        }
    }

    /// As far as the shim says: what it does not know, or not in time, is no end.
    private func hasEnded() async throws -> Bool {
        guard let client = try await tasks.sandboxClient() else { return true }
        do {
            return try await client.status(sandbox.id).hasEnded
        } catch let error as GantryError where error.code == .unimplemented {
            return await isMissing(client)
        } catch let error as GantryError {
            return error.code == .notFound
        }
    }

    private func isMissing(_ client: SandboxClient) async -> Bool {
        do {
            try await client.ping(sandbox.id)
            return false
        } catch {
            return (error as? GantryError)?.code == .notFound
        }
    }
}

/// What a sandbox of its shim's own says, where that has one.
extension Node {
    /// nil for a pod whose sandbox was begun by a container of ours.
    private func ownSandbox(_ sandbox: Sandbox) -> ShimTasks? {
        guard let shim = try? handlers.named(sandbox.handler).shim, shim.makesSandboxes else {
            return nil
        }
        return tasks(shim, of: sandbox.id)
    }

    /// For the verbose status of its pod: also that it cannot be had.
    func sandboxReport(_ sandbox: Sandbox) async -> (report: SandboxReport?, error: String)? {
        guard let tasks = ownSandbox(sandbox), sandbox.phase != .stopped else { return nil }
        do {
            let report = try await withDeadline(Self.usageLimit, "SandboxStatus") {
                try await tasks.sandboxClient()?.status(sandbox.id, verbose: true)
            }
            return (report, report == nil ? "the shim is gone" : "")
        } catch {
            return (nil, "\(error)")
        }
    }

    /// What sandboxes use as a whole, by their IDs. All are asked at the same time; those that do not say, or
    /// not in time, are left out.
    func sandboxUsages(of sandboxes: [Sandbox]) async -> [String: CgroupUsage] {
        let asked = sandboxes.compactMap { sandbox in ownSandbox(sandbox).map { (sandbox.id, $0) } }
        guard !asked.isEmpty else { return [:] }
        return await withTaskGroup(of: (String, CgroupUsage?).self) { group in
            for (id, tasks) in asked {
                group.addTask {
                    let usage = try? await withDeadline(Self.usageLimit, "SandboxMetrics") {
                        try await tasks.sandboxClient()?.usage(id)
                    }
                    return (id, usage ?? nil)
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }
}
