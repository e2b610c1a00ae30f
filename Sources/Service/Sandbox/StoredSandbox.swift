internal import CRI
internal import Model
internal import Store

extension Sandbox {
    /// A sandbox as it was stored.
    /// - Throws: `dataLoss` when the row makes no sense.
    convenience init(_ row: SandboxRow) throws {
        guard let phase = SandboxPhase(rawValue: row.phase) else {
            throw GantryError(.dataLoss, "sandbox \(row.id) is stored as \"\(row.phase)\"")
        }
        let status = try PodSandboxStatus.decode(row.status)
        let network = status.network ?? PodSandboxNetworkStatus()
        let addresses = ([network.ip] + network.additionalIps.map(\.ip)).filter { !$0.isEmpty }
        self.init(
            id: row.id, config: try PodSandboxConfig.decode(row.config), handler: row.handler,
            requestedHandler: status.runtimeHandler, createdAt: status.createdAt,
            state: State(phase: phase, wasReady: phase != .creating, addresses: addresses))
    }
}
