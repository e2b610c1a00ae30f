internal import Model
internal import Streaming

/// Gives out a URL under which ports of a pod are reached.
struct PortForward: RPC {
    let node: Node

    func respond(to request: PortForwardRequest) async throws -> PortForwardResponse {
        try node.sandboxes.get(request.podSandboxId).requireReady()
        for port in request.port where !(1...65535).contains(port) {
            throw GantryError(.invalidArgument, "port \(port) is not between 1 and 65535")
        }
        return PortForwardResponse(url: try node.requireStreaming().url(for: .portForward(request)))
    }
}
