internal import CRI
internal import Model
internal import Store

/// How a sandbox looks from outside: in PodSandboxStatus, in lists, and in the database.
extension Sandbox {
    static func listState(_ phase: SandboxPhase) -> PodSandboxState {
        phase == .ready ? .ready : .notready
    }

    var status: PodSandboxStatus {
        PodSandboxStatus(
            id: id, metadata: config.metadata, state: Sandbox.listState(phase),
            createdAt: createdAt,
            network: network,
            linux: LinuxPodSandboxStatus(namespaces: Namespace(options: namespaces)),
            labels: config.labels, annotations: config.annotations,
            runtimeHandler: requestedHandler)
    }

    /// Pods of the host's network have no address of their own: the kubelet uses the node's. Once a
    /// pod is stopped its address may be another's.
    private var network: PodSandboxNetworkStatus {
        let now = current
        let addresses = now.phase == .ready ? now.addresses : []
        return PodSandboxNetworkStatus(
            ip: addresses.first ?? "",
            additionalIps: addresses.dropFirst().map { PodIP(ip: $0) })
    }

    /// An element of ListPodSandbox in its encoding.
    func listed() throws -> [UInt8] {
        try element.encoding {
            try PodSandbox(
                id: id, metadata: config.metadata, state: Sandbox.listState(phase),
                createdAt: createdAt, labels: config.labels, annotations: config.annotations,
                runtimeHandler: requestedHandler
            ).encoded()
        }
    }

    func row() throws -> SandboxRow {
        SandboxRow(
            id: id, phase: phase.rawValue, handler: handler, config: try currentConfig.encoded(),
            status: try status.encoded())
    }
}
