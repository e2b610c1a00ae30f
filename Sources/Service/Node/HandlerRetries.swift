internal import Logging
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
        var found = try await probed(settings)
        found.keep(handlers.working)
        let names = Set(handlers.working.map(\.name))
        let new = found.working.map(\.name).filter { !names.contains($0) }
        guard !new.isEmpty, settings.handlers == self.settings.handlers else { return }
        liveHandlers.withLock { [found] in $0 = found }
        await found.remember(paths)
        log.info("runtimes that work now: \(new.joined(separator: ", "))")
    }
}
