internal import CRI
internal import Model

/// PodSandboxStatus; its type has another name because the message took this one.
struct GetPodSandboxStatus {
    let node: Node

    /// The response in its encoding.
    func respond(to request: PodSandboxStatusRequest) async throws -> [UInt8] {
        let sandbox = try node.sandboxes.get(request.podSandboxId)
        guard request.verbose else {
            return try sandbox.answer.encoding {
                try PodSandboxStatusResponse(status: sandbox.status).encoded()
            }
        }
        let info = try await info(sandbox)
        return try PodSandboxStatusResponse(status: sandbox.status, info: info).encoded()
    }

    /// Under the names that `crictl inspectp` users know. Only a pod with an infra container has a
    /// process and a runtime's spec of its own.
    private func info(_ sandbox: Sandbox) async throws -> [String: String] {
        let now = sandbox.current
        let pod = node.paths.pod(sandbox.id)
        var info: [String: JSONValue] = [
            "runtimeHandler": .string(sandbox.handler),
            "phase": .string(now.phase.rawValue),
            "pid": .integer(Int64(now.infraPid ?? 0)),
            "config": sandbox.currentConfig.json(),
        ]
        info["timeline"] = await node.timeline(sandbox.id)
        if !sandbox.usesHostNetwork {
            info["networkNamespace"] = .string(pod.namespace("net"))
        }
        if now.infraPid != nil {
            info["runtimeSpec"] = await node.runtimeSpec(bundle: pod.bundle)
        }
        return ["info": try JSONValue.object(info).text()]
    }
}
