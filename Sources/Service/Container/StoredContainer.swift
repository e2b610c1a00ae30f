internal import CRI
internal import Model
internal import Store

extension SandboxContainer {
    /// A container as it was stored; one that lived counts as created until its monitor is asked.
    convenience init(_ row: ContainerRow, in sandbox: Sandbox) throws {
        let status = try ContainerStatus.decode(row.status)
        let details = Details(
            imageId: status.imageId, imageRef: status.imageRef, layers: row.layers,
            user: status.user?.linux,
            stopSignal: status.stopSignal.number, createdAt: status.createdAt,
            mounts: status.mounts, adjustment: row.adjustment)
        self.init(
            id: row.id, sandbox: sandbox, config: try ContainerConfig.decode(row.config),
            details: details,
            state: State(phase: Self.phase(row, status), resources: status.resources?.linux))
    }

    private static func phase(_ row: ContainerRow, _ status: ContainerStatus) -> ContainerPhase {
        if row.phase == ContainerPhase.unrunnable("").name { return .unrunnable(status.message) }
        guard row.phase == "exited" else { return .creating }
        return .exited(
            ContainerExit(
                startedAt: status.startedAt, finishedAt: status.finishedAt, code: status.exitCode,
                reason: status.reason, message: status.message))
    }
}
