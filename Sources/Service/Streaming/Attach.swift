internal import Model
internal import Streaming

/// Gives out a URL under which a container's own streams are.
struct Attach: RPC {
    let node: Node

    func respond(to request: AttachRequest) async throws -> AttachResponse {
        let container = try node.containers.get(request.containerId)
        try container.requireRunning()
        try StreamRules.check(
            stdin: request.stdin, stdout: request.stdout, stderr: request.stderr, tty: request.tty)
        return AttachResponse(url: try node.requireStreaming().url(for: .attach(request)))
    }
}
