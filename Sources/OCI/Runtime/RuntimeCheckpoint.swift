internal import Kernel
internal import Model
internal import System
internal import Text

/// Where a checkpoint is written.
public struct CheckpointDirectories: Hashable, Sendable {
    /// For CRIU's images, or whatever the runtime has in their place.
    public let image: String
    /// For messages and figures about them.
    public let work: String

    public init(image: String, work: String) {
        self.image = image
        self.work = work
    }

    /// CRIU's last words, by which alone one knows why it failed.
    var complaint: String? {
        guard let log = try? Files.readText("\(work)/dump.log"),
            let line = log.lines.last(where: { $0.has(text: "Error") })
        else { return nil }
        return String(decoding: line.trimmed.utf8.prefix(500), as: UTF8.self)
    }
}

extension Runtime {
    /// - Throws: `failedPrecondition` where containers cannot be checkpointed.
    public func requireCheckpoints() throws {
        // A shim has the call, and says what it thinks of it.
        if tasks == nil { try require(.checkpoint, "checkpoint", to: "checkpoint containers") }
        // gVisor keeps the state of its kernel by itself.
        if handler.hidesProcesses { return }
        let search = Command.searchPath.map { "\($0)/criu" }
        guard search.contains(where: Runtimes.isProgram) else {
            throw GantryError(
                .failedPrecondition,
                "runtime handler \(handler.name) checkpoints containers with criu, which is not "
                    + "installed")
        }
    }

    /// Writes a running container's memory and state; it is left as it was.
    public func checkpoint(
        _ id: String, in directories: CheckpointDirectories, limit: Duration
    ) async throws {
        let doing = "checkpoint \(id)"
        if let tasks {
            return try await inTasks(doing) {
                try await tasks.checkpoint(id, in: directories, limit: limit)
            }
        }
        let locks = handler.hidesProcesses ? [] : ["--file-locks"]
        let output = try await execute(
            ["checkpoint", "--image-path", directories.image, "--work-path", directories.work]
                + locks + ["--leave-running", id], limit: limit)
        guard output.status != 0 else { return }
        let error = failure(output).error(doing: "\(handler.name) \(doing)")
        let complaint = try await Blocking.run { directories.complaint }
        throw complaint.map { GantryError(error.code, "\(error.message): criu: \($0)") } ?? error
    }

    /// Stops all processes of a container until it is resumed.
    /// - Returns: whether the runtime can.
    public func pause(_ id: String) async throws -> Bool {
        if let tasks {
            try await inTasks("pause \(id)") { try await tasks.pause(id) }
            return true
        }
        guard handler.has(.pause) else { return false }
        try await run("pause", id)
        return true
    }

    public func resume(_ id: String) async throws {
        if let tasks { return try await inTasks("resume \(id)") { try await tasks.resume(id) } }
        if handler.has(.pause) { try await run("resume", id) }
    }
}
