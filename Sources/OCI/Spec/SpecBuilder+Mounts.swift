internal import Kernel
internal import Model
internal import Text

extension SpecBuilder {
    /// The runtime's own mounts, the pod's files and the volumes, so that none hides another.
    ///
    /// What a volume stands on replaces what would be there otherwise, with all that is below: of the
    /// node's /dev or /sys as a volume a container is to see all, and nothing may be made there.
    func mounts() throws -> [Spec.Mount] {
        let asked = try request.mounts.map(volume) + request.injection.mounts.map(\.cleaned)
        let images = try request.imageVolumes.map(volume)
        let system = (systemMounts + [sharedMemory] + deviceMounts).filter { own in
            !asked.contains { $0.destination != "/" && own.isAt(orBelow: $0.destination) }
        }
        let taken = Set(asked.map { ExactText($0.destination) })
        let files = podFiles.filter { !taken.contains(ExactText($0.destination)) }
        let volumes = (files + images + asked).enumerated()
        return system + volumes.sorted { ($0.1.depth, $0.0) < ($1.1.depth, $1.0) }.map(\.1)
    }

    private var systemMounts: [Spec.Mount] {
        let access = security.privileged ? "rw" : "ro"
        let confined = ["nosuid", "noexec", "nodev"]
        return [
            Spec.Mount("/proc", type: "proc", source: "proc", options: confined),
            Spec.Mount(
                "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            Spec.Mount(
                "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            Spec.Mount("/dev/mqueue", type: "mqueue", source: "mqueue", options: confined),
            sys(confined + [access]),
            Spec.Mount(
                "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
                options: confined + ["relatime", writesCgroup ? "rw" : access]),
        ]
    }

    /// With cgroup v2 a container that has its own cgroup as the root can limit no one but itself.
    private var writesCgroup: Bool { request.handler.defaults.cgroupWritable && isolatesCgroup }

    /// Nobody makes device nodes in a user namespace (mknod(2)): the node's own are bound. crun 1.8
    /// would make them outside of it, with modes that its umask has cut.
    var bindsDevices: Bool { request.namespaces.user != nil }

    private var deviceMounts: [Spec.Mount] {
        guard bindsDevices else { return [] }
        // config-linux.md, "Default Devices": those the runtimes bring themselves.
        let own = Set(["null", "zero", "full", "random", "urandom", "tty"].map { "/dev/\($0)" })
        return devices.filter { !own.contains($0.device.path) }.map {
            Spec.Mount(
                $0.device.path, type: "bind", source: $0.source, options: ["bind", "rprivate"])
        }
    }

    /// sysfs belongs to the network namespace: a user namespace that does not own that one may not
    /// mount it, only bind the node's.
    private func sys(_ options: [String]) -> Spec.Mount {
        if request.namespaces.user != nil && podOptions.network == .node {
            return Spec.Mount("/sys", type: "bind", source: "/sys", options: ["rbind"] + options)
        }
        return Spec.Mount("/sys", type: "sysfs", source: "sysfs", options: options)
    }

    private var podFiles: [Spec.Mount] {
        let files = request.files
        let access = security.readonlyRootfs ? "ro" : "rw"
        return [
            ("/etc/hosts", files.hosts), ("/etc/hostname", files.hostname),
            ("/etc/resolv.conf", files.resolvConf),
        ].compactMap { target, source in
            source.map {
                Spec.Mount(target, type: "bind", source: $0, options: ["bind", "rprivate", access])
            }
        }
    }

    /// POSIX shared memory goes with the IPC namespace; one of the container's own has its own.
    private var sharedMemory: Spec.Mount {
        guard let source = request.files.sharedMemory else {
            return Spec.Mount(
                "/dev/shm", type: "tmpfs", source: "shm",
                options: [
                    "nosuid", "noexec", "nodev", "mode=1777",
                    "size=\(request.defaults.sharedMemory)",
                ])
        }
        return Spec.Mount("/dev/shm", type: "bind", source: source, options: ["rbind", "rprivate"])
    }

    /// The propagation of the root below which volumes are: one that is to get mounts from the node
    /// needs a root that does.
    var rootfsPropagation: String? {
        let modes = request.mounts.map(\.mount.propagation)
        if modes.contains(.bidirectional) { return "rshared" }
        return modes.contains(.hostToContainer) ? "rslave" : nil
    }
}

extension Spec.Mount {
    /// Path components: parents are mounted before what is below them.
    fileprivate var depth: Int { destination.split(at: "/").count }

    fileprivate var cleaned: Spec.Mount {
        var mount = self
        mount.destination = Path.cleaned(destination)
        return mount
    }

    fileprivate func isAt(orBelow directory: String) -> Bool {
        Path.isAt(destination, orBelow: directory)
    }
}
