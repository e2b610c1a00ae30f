internal import Logging
public import Model
internal import OCI
public import Streaming
internal import System

/// What the streaming server reaches on the node.
public struct NodeStreams: Sendable {
    let node: Node

    public init(_ node: Node) {
        self.node = node
    }
}

extension NodeStreams: StreamingBackend {
    public func exec(_ request: ExecRequest) async throws -> StreamSession {
        let container = try node.containers.get(request.containerId)
        try container.requireRunning()
        let (session, streams) = try await node.command(in: container) {
            try await node.runtime(of: container.sandbox).open(
                container.id, try await node.process(request.cmd, container, tty: request.tty),
                StreamChoice(stdin: request.stdin, stdout: request.stdout, stderr: request.stderr))
        }
        // The client may go away at any time; the process is waited for all the same.
        let outcome = Latch<Result<Int32, any Error>>()
        node.nursery.start { [leaving = node.leaving] in
            await withDiscardingTaskGroup { group in
                group.addTask {
                    guard (try? await leaving.wait()) != nil else { return }
                    outcome.open(.failure(GantryError(.unavailable, "the daemon ends")))
                }
                group.addTask { await session.follow(outcome, in: container, node) }
                _ = try? await outcome.wait()
                group.cancelAll()
            }
        }
        return StreamSession(
            stdin: request.stdin ? streams.takeInput() : nil,
            stdout: request.stdout ? streams.takeOutput() : nil, stderr: streams.takeError(),
            resize: { await streams.resize(width: $0, height: $1) },
            inputEnded: { await streams.endInput() },
            exitCode: { try await outcome.wait().get() })
    }

    public func attach(_ request: AttachRequest) async throws -> StreamSession {
        let container = try node.containers.get(request.containerId)
        try container.requireRunning()
        let monitor = try container.sandbox.requireMonitor()
        let config = container.config
        let choice = StreamChoice(
            stdin: request.stdin && config.stdin, stdout: request.stdout,
            stderr: request.stderr && !config.tty)
        let tasks = try node.runtime(of: container.sandbox).tasks
        let streams = try await monitor.attach(
            container.id, choice, endsInput: config.stdinOnce && !config.tty)
        return StreamSession(
            stdin: streams.takeInput(), stdout: streams.takeOutput(), stderr: streams.takeError(),
            endsWithInput: choice.stdin && !config.stdinOnce && !config.tty,
            resize: { [log = node.log] width, height in
                do {
                    if let tasks {
                        return try await tasks.resize(
                            container.id, width: width, height: height)
                    }
                    try await monitor.resize(container.id, width: width, height: height)
                } catch {
                    log.debug("resize \(container.id): \(error)")
                }
            },
            exitCode: {
                _ = try await container.ended.wait()
                return 0
            })
    }

    public func ended(_ record: StreamRecord) {
        StreamAudit(node: node).note(record)
    }

    public func connect(sandbox id: String, port: UInt16) async throws -> Int32 {
        let sandbox = try node.sandboxes.get(id)
        try sandbox.requireReady()
        let namespace =
            sandbox.usesHostNetwork ? nil : node.paths.pod(id).namespace("net")
        do {
            return try await LoopbackConnection.open(port, namespace: namespace)
        } catch {
            throw GantryError(.unavailable, "port \(port) of pod \(id): \(error)")
        }
    }
}

extension ExecSession {
    fileprivate func follow(
        _ outcome: Latch<Result<Int32, any Error>>, in container: SandboxContainer, _ node: Node
    ) async {
        do {
            outcome.open(
                .success(try await node.command(in: container) { try await exit() }))
        } catch {
            outcome.open(.failure(error))
        }
    }
}
