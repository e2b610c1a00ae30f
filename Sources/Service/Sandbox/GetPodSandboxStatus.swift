internal import CRI
internal import Model

/// PodSandboxStatus; its type has another name because the message took this one.
struct GetPodSandboxStatus: RPC {
    let node: Node

    func respond(to request: PodSandboxStatusRequest) async throws -> PodSandboxStatusResponse {
        let sandbox = try node.sandboxes.get(request.podSandboxId)
        var response = PodSandboxStatusResponse(status: sandbox.status)
        if request.verbose { response.info = try info(sandbox) }
        return response
    }

    private func info(_ sandbox: Sandbox) throws -> [String: String] {
        let now = sandbox.current
        let info: JSONValue = [
            "runtimeHandler": .string(sandbox.handler),
            "phase": .string(now.phase.rawValue),
            "pid": .integer(Int64(now.infraPid ?? 0)),
            "networkNamespace": .string(node.paths.pod(sandbox.id).namespace("net")),
            "config": sandbox.currentConfig.json(),
        ]
        return ["info": try info.text()]
    }
}
