internal import Glibc
internal import Kernel
internal import OCI
internal import Store

extension NodeCheck {
    /// What belongs to pods and containers that nobody knows. Beside a daemon only what has been there
    /// for a while counts: something is always on its way.
    func leftovers() -> [Finding] {
        guard let store = try? StoreInspection(root: paths.root, runRoot: paths.runRoot),
            store.damage == nil
        else { return [] }
        let search = OrphanSearch(
            paths: paths, runtimeRoots: runtimeRoots, pods: Set(store.sandboxes.map(\.id)),
            containers: Set(store.containers.map(\.id)))
        let isRunning = isRunning
        let found = search.run().filter { !isRunning || isOld($0) }
        if found.isEmpty { return [.ok("leftovers", "there are none")] }
        return found.map {
            .warning(
                "leftovers", "\($0.path): a \($0.kind.rawValue) that nobody knows",
                "the daemon's next start, or gantry check --repair, ends and removes it")
        }
    }

    /// As the daemon has them, without running the programs.
    private var runtimeRoots: [String: String] {
        if settings.handlers.isEmpty { return Runtimes.roots(runRoot: paths.runRoot) }
        return Dictionary(settings.handlers.map { ($0.name, $0.root) }) { $1 }
    }

    private static let longestCreation = 180

    private func isOld(_ orphan: Orphan) -> Bool {
        var status = stat()
        guard orphan.kind != .cgroup, stat(orphan.path, &status) == 0 else { return false }
        return time(nil) - status.st_mtim.tv_sec > Self.longestCreation
    }
}
