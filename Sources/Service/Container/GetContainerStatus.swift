internal import CRI
internal import Image
internal import Kernel
internal import Model
internal import NRI
internal import OCI
internal import System

/// ContainerStatus; its type has another name because the message took this one.
struct GetContainerStatus {
    let node: Node

    /// The response in its encoding.
    func respond(to request: ContainerStatusRequest) async throws -> [UInt8] {
        let container = try node.containers.get(request.containerId)
        guard request.verbose else {
            // Field 1 of ContainerStatusResponse.
            return Lists.repeated(field: 1, [try container.told()])
        }
        let info = try await info(container)
        return try ContainerStatusResponse(status: container.status, info: info).encoded()
    }

    /// Under the names that `crictl inspect` users know.
    private func info(_ container: SandboxContainer) async throws -> [String: String] {
        let bundle = node.paths.container(container.id).bundle
        var info: [String: JSONValue] = [
            "sandboxID": .string(container.sandbox.id),
            "pid": .integer(Int64(container.phase.pid ?? 0)),
            "phase": .string(container.phase.name),
            "runtimeHandler": .string(container.sandbox.handler),
            "bundle": .string(bundle),
            "rootfs": .string(node.rootFilesystems.path(of: container.id)),
            "config": container.config.json(),
            "removing": .bool(node.operations.isUnderWay(.removeContainer(id: container.id))),
            "snapshotKey": .string(container.id),
            "snapshotter": "overlayfs",
        ]
        info.merge(node.runtimeInfo(container.sandbox)) { $1 }
        info["timeline"] = await node.timeline(container.id)
        info["nri"] = AdjustmentRecord(encoded: container.details.adjustment)?.json
        info["runtimeSpec"] = await node.runtimeSpec(bundle: bundle)
        return ["info": try JSONValue.object(info).text()]
    }
}

extension Node {
    /// The spec that a runtime was given; nil when the node was restarted since.
    func runtimeSpec(bundle: String) async -> JSONValue? {
        try? await Blocking.run {
            try JSONValue(parsing: try Files.read(Bundle(bundle).configPath))
        }
    }
}
