internal import Model
internal import Streaming

/// Gives out a URL under which ports of a pod are reached.
struct PortForward: RPC {
    let node: Node

    func respond(to request: PortForwardRequest) async throws -> PortForwardResponse {
        try node.sandboxes.get(request.podSandboxId).requireReady()
        guard request.port.allSatisfy({ (1...65535).contains($0) }) else {
            throw GantryError(.invalidArgument, "a port is not between 1 and 65535")
        }
        return PortForwardResponse(url: try node.requireStreaming().url(for: .portForward(request)))
    }
}
