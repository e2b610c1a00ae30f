internal import CLinux
internal import Glibc
internal import Image
internal import ImageProtocol
internal import Kernel
internal import Logging
internal import Model
internal import OCI
internal import System

/// One checkpoint of a container, which runs on afterwards, whatever becomes of the checkpoint.
///
/// The container is paused while its memory and its files are written, so that these fit together. A daemon
/// that is killed meanwhile leaves a directory by which the next one knows what to resume and to remove.
struct Checkpoint: Sendable {
    let node: Node
    let container: SandboxContainer
    let place: CheckpointPlace
    let limit: Duration

    private var remains: CheckpointRemains {
        CheckpointRemains(directory: node.paths.checkpoint(container.id))
    }

    func run(_ runtime: Runtime) async throws {
        guard try await runtime.state(container.id).status != .paused else {
            // Somebody wants it so.
            throw GantryError(.failedPrecondition, "container \(container.id) is paused")
        }
        do {
            try await remains.begin(place)
            failpoint("CheckpointContainer/begun")
            let file = try await Blocking.run { [place] in try place.create() }
            failpoint("CheckpointContainer/file made")
            try await withDeadline(limit, "the checkpoint of \(container.id)") {
                try await write(to: file, runtime)
            }
            await resume()
            failpoint("CheckpointContainer/resumed")
            try await Blocking.run { [place] in try place.commit(file) }
            failpoint("CheckpointContainer/committed")
        } catch {
            await resume()
            await remove()
            if error is CancellationError { throw error }
            throw GantryError("checkpoint container \(container.id)", from: error)
        }
        await remove()
    }

    private func write(to file: OpenFile, _ runtime: Runtime) async throws {
        let files = remains.files
        let directories = CheckpointDirectories(image: "\(files)/checkpoint", work: files)
        let takenAt = Clock.now()
        _ = try await runtime.pause(container.id)
        failpoint("CheckpointContainer/paused")
        try await runtime.checkpoint(container.id, in: directories, limit: limit)
        failpoint("CheckpointContainer/checkpointed")
        let bundle = node.paths.container(container.id).bundle
        let log = try await Blocking.run { [container] in
            try CheckpointDocuments(container: container, takenAt: takenAt)
                .write(into: files, bundle: bundle)
            return container.openedLog
        }
        try await node.puller.packCheckpoint(
            ready: files, layer: node.rootFilesystems.writableLayer(of: container.id), log: log,
            to: file)
        failpoint("CheckpointContainer/packed")
    }

    /// A task of its own: ours may have been cancelled, and commands end with that.
    private func resume() async {
        await Task { [node, container] in await node.resume(container) }.value
    }

    private func remove() async {
        await Task { [node, remains] in
            await node.attempt("remove what a checkpoint was made of") {
                try await remains.remove()
            }
        }.value
    }
}

extension Checkpoint {
    /// Ends what a killed daemon had begun.
    static func settle(_ names: [String], _ node: Node) async {
        for name in names {
            await node.attempt("end the checkpoint of container \(name)") {
                try await node.operations.inTurn(.checkpointContainer(id: name)) {
                    if let container = node.containers.all.first(where: { $0.id == name }) {
                        await node.resume(container)
                    }
                    try await CheckpointRemains(directory: node.paths.checkpoint(name)).remove()
                }
            }
        }
    }
}

extension Node {
    /// Lets a container run on that a checkpoint has paused, or CRIU.
    fileprivate func resume(_ container: SandboxContainer) async {
        guard container.phase.isLive else { return }
        do {
            let runtime = try runtime(of: container.sandbox)
            let state = try await runtime.state(container.id)
            if state.status == .paused { try await runtime.resume(container.id) }
        } catch {
            log.warning("resume container \(container.id): \(error)")
        }
        // Whatever the runtime knows of it.
        await attempt("thaw container \(container.id)") {
            try await cgroup(of: container).thaw()
        }
    }
}

extension SandboxContainer {
    /// Nil where it has none. Blocks.
    fileprivate var openedLog: OpenFile? {
        guard !logPath.isEmpty else { return nil }
        let flags = O_RDONLY | O_NONBLOCK | GANTRY_O_NOFOLLOW
        guard let file = try? Files.open(logPath, flags) else { return nil }
        var status = stat()
        guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return OpenFile(file)
    }
}
