internal import Logging
internal import Model
internal import Synchronization
internal import System

/// Handlers that do not work, until they do: their programs may come after the daemon, as an operator of the cluster
/// installs them by a pod.
extension Node {
    /// Tries what is configured and does not work again and again, as long as there is any and the daemon serves.
    public func tryHandlersAgain() {
        guard handlers.isIncomplete, !retriesHandlers.exchange(true, ordering: .relaxed) else {
            return
        }
        nursery.start { [self] in
            var pause = Duration.seconds(10)
            while handlers.isIncomplete, await !leaves(within: pause) {
                await attempt("try runtimes again") { try await findNewHandlers() }
                pause = min(pause * 2, .seconds(60))
            }
            retriesHandlers.store(false, ordering: .relaxed)
            // What was configured just then has found this one at it.
            if leaving.value == nil { tryHandlersAgain() }
        }
    }

    private func leaves(within limit: Duration) async -> Bool {
        do {
            try await withDeadline(limit, "the daemon's end") { [leaving] in
                try await leaving.wait()
            }
            return true
        } catch {
            return false
        }
    }

    private func findNewHandlers() async throws {
        let settings = settings
        let names = Set(handlers.working.map(\.name))
        let found = try await probed(settings)
        let new = found.working.map(\.name).filter { !names.contains($0) }
        let isTaken = live.withLock { live in
            guard live.hasHandlers(of: settings) else { return false }
            liveHandlers.withLock { $0 = found }
            return true
        }
        guard isTaken, !new.isEmpty else { return }
        await found.remember(paths)
        log.info("runtimes that work now: \(new.joined(separator: ", "))")
        await follow(sandboxes.all.filter { new.contains($0.handler) })
    }

    /// Pods whose sandbox is their shim's, which nobody has followed until now.
    private func follow(_ sandboxes: [Sandbox]) async {
        for sandbox in sandboxes where sandbox.phase == .ready {
            await attempt("recover sandbox \(sandbox.id)") {
                let made = try await SandboxResources(node: self, sandbox: sandbox).recoverSandbox()
                if made?.isAlive == false {
                    await Watch(node: self, sandbox: sandbox).sandboxEnded()
                }
            }
        }
    }
}
