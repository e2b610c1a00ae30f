internal import Kernel
internal import Model
internal import Store

extension NodeCheck {
    private static let area = "database"

    /// SQLite's own check of the database, and whether its rows have what they stand for.
    func database() -> [Finding] {
        do {
            guard let store = try StoreInspection(root: paths.root, runRoot: paths.runRoot) else {
                return [.ok(Self.area, "there is none yet")]
            }
            if let damage = store.damage {
                return [
                    .problem(
                        Self.area, "\(paths.database) is damaged: \(damage)",
                        "gantry check --repair, or the daemon's next start, makes it anew")
                ] + kept(store)
            }
            return [count(store)] + missing(store) + unrecorded(store) + kept(store)
        } catch {
            return [.problem(Self.area, "\(error)", "see whether the disk is sound")]
        }
    }

    private func count(_ store: StoreInspection) -> Finding {
        .ok(
            Self.area,
            "it is sound: \(store.sandboxes.count) pods, \(store.containers.count) containers, "
                + "\(store.images.count) images")
    }

    /// A pod that is ready has a directory, with its namespaces in it; a container has one for what it
    /// writes until it is removed.
    private func missing(_ store: StoreInspection) -> [Finding] {
        let pods = store.sandboxes.filter { row in
            row.phase == SandboxPhase.ready.rawValue
                && !Files.exists(paths.pod(row.id).directory)
        }
        let isRunning = isRunning
        let containers = store.containers.filter {
            // One that has exited may be on its way out.
            ($0.phase != "exited" || !isRunning)
                && !Files.exists("\(paths.root)/containers/\($0.id)")
        }
        return pods.map {
            .problem(
                Self.area, "pod \($0.id) is stored as ready, and has no directory",
                "restart the daemon: the kubelet then makes the pod anew")
        }
            + containers.map {
                .warning(
                    Self.area, "container \($0.id) is stored, and what it wrote is gone",
                    "remove its pod: the kubelet then makes it anew")
            }
    }

    private func unrecorded(_ store: StoreInspection) -> [Finding] {
        guard let first = store.unrecorded.first else { return [] }
        return [
            .warning(
                Self.area, "\(store.unrecorded.count) rows have no record, the first \(first)",
                "the daemon's next start writes them; look for a full disk in its log")
        ]
    }

    private func kept(_ store: StoreInspection) -> [Finding] {
        store.setAside.map {
            .warning(
                Self.area, "\(paths.root)/\($0) is a damaged database that was set aside",
                "look for what damaged it, and remove it")
        }
    }
}
