internal import Glibc
internal import Kernel
internal import OCI
internal import System
internal import Text

extension NodeCheck {
    private static let area = "kernel"

    /// What the kernel has of what containers want.
    func kernel() -> [Finding] {
        var findings = [release(), overlay(), userNamespaces(), pressure(), security()]
        if let host = try? HostFacts.detect() {
            findings += [seccomp(host), capabilities(host)].compactMap { $0 }
        }
        return findings + [forwarding()].compactMap { $0 }
    }

    private func release() -> Finding {
        let text = (try? Files.readText("/proc/sys/kernel/osrelease")) ?? "unknown"
        return .ok(Self.area, "Linux \(text.split(at: "\n").first ?? "")")
    }

    /// The module may be there and not loaded; then mounting loads it, which `storage` tries.
    private func overlay() -> Finding {
        let known = (try? Files.readText("/proc/filesystems")) ?? ""
        return known.has(text: "\toverlay\n")
            ? .ok(Self.area, "overlay")
            : .warning(Self.area, "overlay is not loaded", "modprobe overlay, at each boot")
    }

    private func userNamespaces() -> Finding {
        do {
            _ = try UserNamespaces.makeNow(uidMap: "0 0 1", gidMap: "0 0 1")
            return .ok(Self.area, "user namespaces")
        } catch {
            return .warning(
                Self.area, "no user namespaces: \(error)",
                "pods with hostUsers: false need them; see sysctl user.max_user_namespaces")
        }
    }

    private func pressure() -> Finding {
        Files.exists("/proc/pressure/memory")
            ? .ok(Self.area, "PSI")
            : .warning(
                Self.area, "no PSI, so stats say nothing of pressure", "boot with psi=1")
    }

    private func security() -> Finding {
        let host = try? HostFacts.detect()
        if host?.hasSELinux == true { return .ok(Self.area, "SELinux") }
        if host?.hasAppArmor == true { return .ok(Self.area, "AppArmor") }
        return .ok(Self.area, "neither AppArmor nor SELinux; pods that want a profile are refused")
    }

    private func seccomp(_ host: HostFacts) -> Finding? {
        host.hasSeccomp
            ? .ok(Self.area, "seccomp")
            : .problem(
                Self.area, "no seccomp, so pods that ask for RuntimeDefault are refused",
                "use a kernel with CONFIG_SECCOMP_FILTER")
    }

    private func capabilities(_ host: HostFacts) -> Finding? {
        if host.capabilities.contains("CAP_SYS_ADMIN") && geteuid() == 0 { return nil }
        return .problem(
            Self.area, "this process is not root, so little could be looked at", "run it as root")
    }

    /// Without it nothing gets out of a bridged network.
    private func forwarding() -> Finding? {
        let text = (try? Files.readText("/proc/sys/net/ipv4/ip_forward")) ?? ""
        if text.begins(with: "1") { return nil }
        return .warning(
            Self.area, "IPv4 packets are not forwarded, so most pod networks reach nothing",
            "sysctl net.ipv4.ip_forward=1")
    }
}
