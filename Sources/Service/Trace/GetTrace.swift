internal import CRI
internal import Model

/// What `gantry trace` shows: the operations of a pod's start, or those of one container.
struct GetTrace: RPC {
    let node: Node

    /// - Throws: `notFound` when no trace is kept.
    func respond(to request: GetTraceRequest) async throws -> GetTraceResponse {
        guard !request.id.isEmpty else {
            throw GantryError(.invalidArgument, "the request names no pod and no container")
        }
        if let trace = try node.traces.trace(of: request.id) { return trace }
        guard let container = try node.containers.find(request.id),
            var trace = try node.traces.trace(of: container.sandbox.id)
        else { throw GantryError(.notFound, "there is no trace of \(request.id)") }
        trace.operations.removeAll { !$0.concerns(container) }
        return trace
    }
}

extension Node {
    /// The operations of a start with their steps; nil when they are not remembered any more.
    func timeline(_ id: String) async -> JSONValue? {
        let trace = try? await GetTrace(node: self).respond(to: GetTraceRequest(id: id))
        return trace?.json()["operations"]
    }
}

extension TracedOperation {
    /// What had to be done for it: its pod, its image, itself.
    fileprivate func concerns(_ container: SandboxContainer) -> Bool {
        switch name {
        case "PullImage":
            let image = container.config.image ?? ImageSpec()
            return [image.image, image.userSpecifiedImage].contains(subject)
        case "RunPodSandbox": return true
        default: return subject == container.config.metadata?.name
        }
    }
}
