internal import Image
internal import Model
internal import NRI
internal import OCI

/// The state of the daemon and of its node, for people: `gantry status`.
struct GetNodeStatus: RPC {
    let node: Node

    func respond(to request: GetNodeStatusRequest) async throws -> GetNodeStatusResponse {
        let status = try await Status(node: node).respond(to: StatusRequest())
        let usage = node.layers.usage()
        return GetNodeStatusResponse(
            version: Release.version, startedAt: node.telemetry.startedAt,
            conditions: (status.status?.conditions ?? []).map(NodeCondition.init),
            handlers: node.handlers.working.map(\.name),
            failedHandlers: node.handlers.failures,
            cgroupDriver: node.cgroupDriver.rawValue,
            pods: Self.counts(node.sandboxes.all.map(\.phase.rawValue)),
            containers: Self.counts(node.containers.all.map(\.phase.name)),
            images: UInt64(node.images.all.count), layerBytes: usage.bytes,
            pulls: node.pulls.all,
            plugins: (node.plugins.manager?.summaries ?? []).map(NodePlugin.init))
    }

    private static func counts(_ phases: [String]) -> [PhaseCount] {
        Dictionary(phases.map { ($0, 1) }, uniquingKeysWith: +)
            .sorted { $0.key < $1.key }
            .map { PhaseCount(phase: $0.key, count: $0.value) }
    }
}

extension NodePlugin {
    fileprivate init(_ plugin: PluginSummary) {
        self.init(
            name: plugin.name, version: plugin.version, pid: plugin.pid,
            isLaunched: plugin.isLaunched, events: plugin.events)
    }
}

extension NodeCondition {
    fileprivate init(_ condition: RuntimeCondition) {
        self.init(
            type: condition.type, isTrue: condition.status, reason: condition.reason,
            message: condition.message)
    }
}
