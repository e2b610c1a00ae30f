internal import Model
internal import Streaming

/// Gives out a URL under which a program runs in a container.
struct Exec: RPC {
    let node: Node

    func respond(to request: ExecRequest) async throws -> ExecResponse {
        let container = try node.containers.get(request.containerId)
        try container.requireRunning()
        guard !request.cmd.isEmpty else {
            throw GantryError(.invalidArgument, "cmd: the command is empty")
        }
        try StreamRules.check(
            stdin: request.stdin, stdout: request.stdout, stderr: request.stderr, tty: request.tty)
        return ExecResponse(url: try node.requireStreaming().url(for: .exec(request)))
    }
}
