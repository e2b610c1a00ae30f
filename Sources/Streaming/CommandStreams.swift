internal import Model

/// Which streams a request for exec or attach asks for.
struct CommandStreams: Sendable {
    var stdin: Bool
    var stdout: Bool
    var stderr: Bool
    var tty: Bool

    init(_ request: ExecRequest) {
        (stdin, stdout) = (request.stdin, request.stdout)
        (stderr, tty) = (request.stderr && !request.tty, request.tty)
    }

    init(_ request: AttachRequest) {
        (stdin, stdout) = (request.stdin, request.stdout)
        (stderr, tty) = (request.stderr && !request.tty, request.tty)
    }

    /// The streams that a client makes. Sizes of the terminal came with version 3.
    func channels(version: Int) -> Set<CommandChannel> {
        var channels: Set<CommandChannel> = [.error]
        if stdin { channels.insert(.stdin) }
        if stdout { channels.insert(.stdout) }
        if stderr { channels.insert(.stderr) }
        if tty, version >= 3 { channels.insert(.resize) }
        return channels
    }
}
