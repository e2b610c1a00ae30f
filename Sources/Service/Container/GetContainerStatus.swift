internal import CRI
internal import Model

/// ContainerStatus; its type has another name because the message took this one.
struct GetContainerStatus: RPC {
    let node: Node

    func respond(to request: ContainerStatusRequest) async throws -> ContainerStatusResponse {
        let container = try node.containers.get(request.containerId)
        var response = ContainerStatusResponse(status: container.status)
        if request.verbose { response.info = try info(container) }
        return response
    }

    private func info(_ container: SandboxContainer) throws -> [String: String] {
        let info: JSONValue = [
            "sandboxID": .string(container.sandbox.id),
            "pid": .integer(Int64(container.phase.pid ?? 0)),
            "phase": .string(container.phase.name),
            "bundle": .string(node.paths.container(container.id).bundle),
            "config": container.config.json(),
        ]
        return ["info": try info.text()]
    }
}
