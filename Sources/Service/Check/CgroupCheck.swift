internal import OCI

extension NodeCheck {
    private static let area = "cgroups"
    /// Without these, no limits of memory, CPU or processes; the kubelet refuses to start as well.
    private static let needed: Set = ["cpu", "memory", "pids"]
    private static let wanted: Set = ["cpuset", "hugetlb"]

    /// The version, the controllers and who makes the cgroups.
    func cgroups() -> [Finding] {
        do {
            let host = try HostFacts.detect()
            return [version(host)] + controllers(host) + [driver()]
        } catch {
            return [.problem(Self.area, "\(error)", "mount cgroups on /sys/fs/cgroup")]
        }
    }

    private func version(_ host: HostFacts) -> Finding {
        if host.cgroupVersion == .v2 { return .ok(Self.area, "version 2") }
        return .warning(
            Self.area, "version 1, which Kubernetes has in maintenance alone",
            "boot with systemd.unified_cgroup_hierarchy=1")
    }

    private func controllers(_ host: HostFacts) -> [Finding] {
        let missing = Self.needed.subtracting(host.controllers).sorted()
        if !missing.isEmpty {
            return [
                .problem(
                    Self.area, "the controllers \(missing.joined(separator: ", ")) are missing",
                    "boot with cgroup_enable=\(missing[0]), or delegate them to Gantry's cgroup")
            ]
        }
        let all = Self.needed.union(Self.wanted)
        let names = host.controllers.intersection(all).sorted().joined(separator: ", ")
        return [.ok(Self.area, "controllers: \(names)")]
            + Self.wanted.subtracting(host.controllers).sorted().map {
                .warning(
                    Self.area, "the controller \($0) is missing",
                    "pods that ask for what it limits need it: CPU sets, huge pages")
            }
    }

    /// systemd undoes what others write below its slices (systemd.io, "Control Group APIs and
    /// Delegation").
    private func driver() -> Finding {
        let found = CgroupDriver.detect()
        let driver = settings.cgroupDriver ?? found
        if driver == found { return .ok(Self.area, "driver: \(driver.rawValue)") }
        let text = "driver: \(driver.rawValue), on a node that \(found.rawValue) suits"
        if driver == .systemd {
            return .problem(Self.area, text, "set cgroup_driver to cgroupfs: systemd is not init")
        }
        return .warning(Self.area, text, "set cgroup_driver to systemd, as in the kubelet")
    }
}
