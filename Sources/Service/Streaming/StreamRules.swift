internal import Model
internal import Streaming

/// What the CRI asks of ExecRequest and AttachRequest (api.proto).
enum StreamRules {
    static func check(stdin: Bool, stdout: Bool, stderr: Bool, tty: Bool) throws {
        guard stdin || stdout || stderr else {
            throw GantryError(.invalidArgument, "one of stdin, stdout and stderr must be set")
        }
        if tty && stderr {
            throw GantryError(.invalidArgument, "with tty there is no stderr of its own")
        }
    }
}

extension SandboxContainer {
    /// - Throws: `failedPrecondition` unless its process runs.
    func requireRunning() throws {
        guard case .running = phase else {
            throw GantryError(.failedPrecondition, "container \(id) is not running")
        }
    }
}

extension Node {
    func requireStreaming() throws -> StreamingServer {
        guard let server = streaming else {
            throw GantryError(.unavailable, "the streaming server does not run")
        }
        return server
    }
}
