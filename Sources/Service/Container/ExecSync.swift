internal import Kernel
internal import Model
internal import OCI
internal import System
internal import Text

/// Runs a program in a container and returns what it wrote.
struct ExecSync: RPC {
    let node: Node

    /// What the kubelet accepts of each stream, in bytes; the rest is discarded.
    private static let outputLimit = 16 << 20

    func respond(to request: ExecSyncRequest) async throws -> ExecSyncResponse {
        let container = try node.containers.get(request.containerId)
        try container.requireRunning()
        guard !request.cmd.isEmpty else {
            throw GantryError(.invalidArgument, "cmd: the command is empty")
        }
        let output = try await node.command(in: container) {
            let output = try await node.runtime(of: container.sandbox).exec(
                container.id, try await node.process(request.cmd, container),
                limit: request.timeout > 0 ? .clamped(seconds: request.timeout) : nil,
                outputLimit: Self.outputLimit)
            // crun says nothing when the process that it has made dies before the program begins.
            guard output.status != 255 || !output.isSilent || container.hasProgram else {
                throw GantryError(.internal, "the runtime failed without a word")
            }
            return output
        }
        return response(output)
    }

    /// The kubelet takes no message over 16 MiB, so both streams together must stay below it.
    private func response(_ output: Command.Output) -> ExecSyncResponse {
        let room = Self.outputLimit - 1024
        let stdout = output.standardOutput.prefix(room)
        let stderr = output.standardError.prefix(room - stdout.count)
        return ExecSyncResponse(
            stdout: Array(stdout), stderr: Array(stderr), exitCode: output.status)
    }
}

extension Command.Output {
    fileprivate var isSilent: Bool { standardOutput.isEmpty && standardError.isEmpty }
}

extension Node {
    /// The container's own process, as its bundle has it, with other arguments.
    func process(
        _ arguments: [String], _ container: SandboxContainer, tty: Bool = false
    ) async throws -> Spec.Process {
        let bundle = Bundle(paths.container(container.id).bundle)
        var process = try await bundle.readProcess()
        process.args = arguments
        process.terminal = tty
        process.consoleSize = nil
        if tty && !process.env.contains(where: { $0.begins(with: "TERM=") }) {
            process.env.append("TERM=xterm")
        }
        return process
    }
}
