internal import Model
internal import NRI
internal import OCI

extension NRI.PodSandbox {
    /// A pod as plugins are shown it.
    init(_ sandbox: Sandbox, _ node: Node) {
        let now = sandbox.current
        let config = sandbox.currentConfig
        self.init(
            id: sandbox.id, name: config.metadata?.name ?? "", uid: config.metadata?.uid ?? "",
            namespace: config.metadata?.namespace ?? "", labels: config.labels,
            annotations: config.annotations, runtimeHandler: sandbox.requestedHandler,
            pid: UInt32(clamping: now.infraPid ?? 0), ips: now.addresses)
        linux = LinuxPodSandbox(
            podOverhead: (config.linux?.overhead).map(LinuxResources.init),
            podResources: (config.linux?.resources).map(LinuxResources.init),
            cgroupParent: config.linux?.cgroupParent ?? "",
            namespaces: Self.namespaces(sandbox, node))
    }

    private static func namespaces(_ sandbox: Sandbox, _ node: Node) -> [LinuxNamespace] {
        if sandbox.phase == .stopped { return [] }
        let pod = node.podNamespaces(sandbox)
        let all = [
            ("network", pod.network), ("ipc", pod.ipc), ("uts", pod.uts), ("user", pod.user),
            ("pid", pod.pid),
        ]
        return all.compactMap { type, path in path.map { LinuxNamespace(type: type, path: $0) } }
    }
}
