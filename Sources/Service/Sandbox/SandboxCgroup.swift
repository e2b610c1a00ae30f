internal import Kernel
internal import Logging
internal import Model
internal import OCI
internal import System
internal import Text

/// The sandbox's cgroup below its pod's, in which the pod's monitor lives.
///
/// The kubelet's cAdvisor finds a pod's network by it: it reads /proc/net/dev of a process that is in
/// the pod's network namespace, and knows whose that is by the cgroup's name (docs/stats.md).
extension SandboxResources {
    /// Where the monitor is to live; nil: where the daemon does.
    ///
    /// An infra container has the pod's for itself; and without a pod's cgroup there is nobody who would
    /// look.
    private var place: CgroupPath? {
        if let elsewhere = node.settings.monitorCgroupPath(node.cgroupDriver) { return elsewhere }
        guard (try? needsInfra) == false, !(sandbox.config.linux?.cgroupParent ?? "").isEmpty
        else { return nil }
        return node.cgroupPath(sandbox)
    }

    /// Where it was put, whatever the configuration says by now.
    private var path: String? {
        (try? Files.readText(paths.cgroup)) ?? place?.directory(sandbox.id)
    }

    /// Without it the pod lacks figures and nothing else.
    func joinCgroup(_ monitor: Monitor) async {
        guard let place, let pid = monitor.process else { return }
        let path = place.directory(sandbox.id)
        do {
            // For a daemon that has lost its database.
            try await Blocking.run { try Files.replace(paths.cgroup, with: Array(path.utf8)) }
            switch node.cgroupDriver {
            case .cgroupfs: try await Blocking.run { try CgroupMember(path).take(pid) }
            case .systemd: try await startScope(pid, place)
            }
        } catch {
            node.log.warning("the pod \(sandbox.name) has no cgroup for its sandbox: \(error)")
        }
    }

    /// Safe to repeat, once the monitor was told to end.
    func removeCgroup() async throws {
        if let path { try await CgroupRemains(path).remove() }
    }

    /// systemd makes the cgroup, as it does for containers (org.freedesktop.systemd1(5)); it goes with
    /// its last process.
    private func startScope(_ pid: Int32, _ place: CgroupPath) async throws {
        let parts = place.container(sandbox.id).split(at: ":")
        let output = try await Command(
            "/usr/bin/busctl",
            [
                "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                "org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))",
                "\(parts[1])-\(parts[2]).scope", "replace", "5",
                "Slice", "s", String(parts[0]), "PIDs", "au", "1", "\(pid)",
                "Delegate", "b", "true", "DefaultDependencies", "b", "false",
                "CollectMode", "s", "inactive-or-failed", "0",
            ], limit: .seconds(10)
        ).run()
        guard output.status == 0 else { throw GantryError(.internal, output.errorText) }
    }
}

extension Settings {
    /// The cgroup below which each pod's monitor has one of its own; nil: that of its pod.
    func monitorCgroupPath(_ driver: OCI.CgroupDriver) -> CgroupPath? {
        if ["", "pod"].contains(monitorCgroup) { return nil }
        return CgroupPath(driver: driver, parent: monitorCgroup)
    }

    /// - Throws: `GantryError` (`invalidArgument`) for one of the other cgroup driver's form.
    func checkMonitorCgroup(_ driver: OCI.CgroupDriver) throws {
        do { try monitorCgroupPath(driver)?.check() } catch {
            throw GantryError("monitor_cgroup", from: error)
        }
    }
}
