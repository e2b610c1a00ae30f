internal import Glibc
internal import Kernel
internal import Model
internal import OCI
internal import System
internal import Text

/// The files of a pod that its containers see: /etc/resolv.conf, /etc/hostname, /etc/hosts when the
/// kubelet gives none, and /dev/shm.
struct SandboxFiles: Sendable {
    let paths: Paths.Pod
    let config: PodSandboxConfig
    /// Bytes of /dev/shm.
    let sharedMemory: Int

    private var options: NamespaceOption { config.namespaces }

    /// The pod's root is their owner, as the node knows it.
    private var owner: (uid: UInt32, gid: UInt32) {
        get throws {
            let mappings = try UserMappings(options.usernsOptions)
            return (mappings?.uids.hostID ?? 0, mappings?.gids.hostID ?? 0)
        }
    }

    func write() throws {
        let isMapped = try UserMappings(options.usernsOptions) != nil
        try Files.makePrivateDirectory(paths.directory, group: isMapped ? try owner.gid : nil)
        failpoint("RunPodSandbox/directory begun")
        try Files.makeDirectories("\(paths.directory)/ns", mode: 0o700)
        try Files.makeDirectories("\(paths.directory)/exits", mode: 0o700)
        try put(resolvConf(), paths.resolvConf)
        try put(config.hostnameNow() + "\n", paths.hostname)
        try put(hosts(), paths.hosts)
        if options.ipc != .node { try mountSharedMemory() }
        failpoint("RunPodSandbox/shared memory mounted")
    }

    private func put(_ text: String, _ path: String) throws {
        try Files.replace(path, with: Array(text.utf8), mode: 0o644)
        let owner = try owner
        try syscall("chown", path) { chown(path, owner.uid, owner.gid) }
    }

    private func mountSharedMemory() throws {
        try Files.makeDirectories(paths.sharedMemory)
        let owner = try owner
        try Mounts.mountNow(
            "shm", on: paths.sharedMemory, type: "tmpfs", flags: [.noSuid, .noDev, .noExec],
            data: "mode=1777,size=\(sharedMemory),uid=\(owner.uid),gid=\(owner.gid)")
    }

    /// resolv.conf(5) of the DNS config; without one, the node's own.
    private func resolvConf() throws -> String {
        guard let dns = config.dnsConfig, dns != DNSConfig() else {
            return (try? Files.readText("/etc/resolv.conf")) ?? ""
        }
        var lines: [String] = []
        if !dns.searches.isEmpty { lines.append("search " + dns.searches.joined(separator: " ")) }
        lines += dns.servers.map { "nameserver \($0)" }
        if !dns.options.isEmpty { lines.append("options " + dns.options.joined(separator: " ")) }
        return lines.map { $0 + "\n" }.joined()
    }

    private func hosts() -> String {
        if options.network == .node, let text = try? Files.readText("/etc/hosts") { return text }
        return "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    }
}

extension PodSandboxConfig {
    /// The name of the pod's UTS namespace: the node's on the node's network, and where the pod has none.
    /// Reads the node's anew, which may have come to be called otherwise.
    func hostnameNow() -> String {
        let network = linux?.securityContext?.namespaceOptions?.network ?? .pod
        if network != .node && !hostname.isEmpty { return hostname }
        let text = (try? Files.read("/proc/sys/kernel/hostname")) ?? []
        return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
