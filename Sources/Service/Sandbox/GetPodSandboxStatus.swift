internal import CRI
internal import Model
internal import Shim

/// PodSandboxStatus; its type has another name because the message took this one.
struct GetPodSandboxStatus {
    let node: Node

    /// The response in its encoding.
    func respond(to request: PodSandboxStatusRequest) async throws -> [UInt8] {
        let sandbox = try node.sandboxes.get(request.podSandboxId)
        let info = request.verbose ? try await info(sandbox) : [:]
        // Before anything is looked at: what has happened until then is in the answer.
        let now = PodSandboxStatusResponse(timestamp: Clock.now())
        let status = try sandbox.answer.encoding {
            try PodSandboxStatusResponse(status: sandbox.status).encoded()
        }
        return try status + containers(sandbox) + now.encoded()
            + PodSandboxStatusResponse(info: info).encoded()
    }

    /// Field 3 of the response, which a kubelet with EventedPLEG reads in ListContainers' stead. A
    /// message is the concatenation of its fields (protobuf.dev, Encoding).
    private func containers(_ sandbox: Sandbox) throws -> [UInt8] {
        let listed = node.containers(of: sandbox).filter { $0.phase != .creating }
        return Lists.repeated(
            field: 3,
            try listed.sorted { $0.details.createdAt > $1.details.createdAt }.map { try $0.told() })
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
            "processStatus": now.phase == .ready ? "running" : "deleted",
            "netNamespaceClosed": .bool(!sandbox.usesHostNetwork && now.phase == .stopped),
            "image": .string(Sandbox.shownImage), "snapshotKey": .string(sandbox.id),
            "snapshotter": "",
        ]
        info.merge(node.runtimeInfo(sandbox)) { $1 }
        let network = await node.networkResult(sandbox)
        info["cniResult"] = network ?? .null
        info["sandboxMetadata"] = node.sandboxMetadata(sandbox, network)
        info["timeline"] = await node.timeline(sandbox.id)
        if !sandbox.usesHostNetwork {
            info["networkNamespace"] = .string(pod.namespace("net"))
        }
        if now.infraPid != nil {
            info["runtimeSpec"] = await node.runtimeSpec(bundle: pod.bundle)
        }
        var told: [String: String] = [:]
        if let (report, error) = await node.sandboxReport(sandbox) {
            info["sandboxStatus"] = report.map(Self.json) ?? .object(["error": .string(error)])
            told = report?.info ?? [:]
        }
        told["info"] = try JSONValue.object(info).text()
        return told
    }

    /// What a shim says of a sandbox that it has made. The rest of its `info` goes beside ours, as with
    /// containerd.
    private static func json(_ report: SandboxReport) -> JSONValue {
        .object([
            "state": .string(report.state), "pid": .integer(Int64(clamping: report.pid)),
            "createdAt": .integer(report.createdAt), "exitedAt": .integer(report.exitedAt),
            "info": report.info["info"].map { .string($0) } ?? .null,
        ])
    }
}
