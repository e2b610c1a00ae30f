internal import CRI
internal import Glibc
internal import Image
internal import Kernel
internal import Model
internal import MonitorProtocol
internal import OCI
internal import Store
internal import System

/// Prepares a container: root file system, spec, and an init process that waits for its start.
struct CreateContainer: RPC {
    let node: Node

    func respond(to request: CreateContainerRequest) async throws -> CreateContainerResponse {
        let sandbox = try node.sandboxes.get(request.podSandboxId)
        let config = try validated(request.config)
        try requireLogBelow(sandbox.config.logDirectory, config.logPath)
        let name = SandboxContainer.name(config.metadata ?? ContainerMetadata())
        let key = Operations.Key.createContainer(sandbox: sandbox.id, name: name)
        let id = try await node.operations.join(key, request) {
            try sandbox.requireReady()
            if let existing = try await existing(name, sandbox, config) { return existing }
            let subject = config.metadata?.name ?? ""
            return try await node.traced("CreateContainer", subject, of: sandbox) {
                try await create(config, in: sandbox)
            }
        }
        return CreateContainerResponse(containerId: id)
    }

    /// The procedure itself. Each step that allocates pushes what takes it back.
    private func create(_ config: ContainerConfig, in sandbox: Sandbox) async throws -> String {
        let image = try await node.usableImage(config.image, in: sandbox)
        try image.requireRunnable()
        let monitor = try sandbox.requireMonitor()
        try await requireAnswering(sandbox.config.logDirectory, config.logPath)
        // Until the container is listed, nobody sees that it needs them.
        let hold = node.layers.hold(layers(of: image, and: config.mounts))
        defer { withExtendedLifetime(hold) {} }
        let id = Identifier.make()
        return try await Undo.scope(node.log) { undo in
            undo.push("remove its files") { try await node.lifecycle.discard(id, sandbox) }
            let root = try await node.rootFilesystems.prepare(
                id, layers: image.layers.map(\.chain),
                owner: node.layerOwner(sandbox),
                label: node.validLabel(of: config, in: sandbox))
            failpoint("CreateContainer/root file system mounted")
            try await node.linkMountTable(in: root, sandbox)
            var plan = try await Trace.span("spec, mounts and user") {
                try await ContainerPlan.make(node, sandbox, config, image, id: id, root: root)
            }
            let shown = try await node.plugins.adjust(&plan, undo)
            failpoint("CreateContainer/plugins asked")
            try await Trace.span("bundle") {
                try await plan.writeBundle()
                try await plan.relabel()
            }
            failpoint("CreateContainer/bundle written")
            let container = plan.container()
            undo.push("take the container back") { try await takeBack(container) }
            try await node.store.save(container.row())
            failpoint("CreateContainer/stored")
            node.containers.insert(container)
            try await create(container, plan, monitor)
            failpoint("CreateContainer/created")
            try sandbox.requireReady()
            node.plugins.settle(container, plan.spec, shown)
            try await node.plugins.created(container) {
                try await Trace.span("store") { try await node.store.save(container.row()) }
                failpoint("CreateContainer/created stored")
                node.tell(.createdEvent, of: container)
            }
            return id
        }
    }

    /// A program that cannot be run is the start's failure, whenever the runtime looks for it: a pod
    /// that never restarts ends by it, while a create that fails is tried again for ever.
    private func create(
        _ container: SandboxContainer, _ plan: ContainerPlan, _ monitor: Monitor
    ) async throws {
        let handler = container.sandbox.handler
        let runtime = try node.runtime(of: container.sandbox)
        do {
            let pid = try await Trace.span("\(handler) create") {
                try await ProgramDurations.runtime.measure(handler, "create") {
                    try await node.create(
                        plan.request(), with: monitor, runtime,
                        cgroup: node.cgroupDirectory(of: container),
                        limits: plan.spec.linux.resources)
                }
            }
            try plan.joined?.requireAlive()
            container.update { $0.phase.create(pid: pid) }
        } catch let error as UnusableProgram {
            try await node.lifecycle.erase(container)
            container.update { $0.phase.refuse(error.message) }
        } catch {
            let fields = RefusedFields(config: plan.config, logPath: container.logPath)
            throw await HostMounts(paths: node.hostPaths)
                .explained(fields.explained(error), plan.volumes)
        }
    }

    /// The monitor would wait for a log's file system, and all of the pod for the monitor. A directory that
    /// is missing the monitor makes.
    private func requireAnswering(_ logDirectory: String, _ logPath: String) async throws {
        guard !logDirectory.isEmpty, !logPath.isEmpty else { return }
        do {
            _ = try await node.hostPaths.find(logDirectory)
        } catch let error as SystemError where error.errno == ENOENT {
            return
        } catch {
            throw error.about("log_directory")
        }
    }

    private func layers(of image: ImageRecord, and mounts: [Mount]) -> [String] {
        let volumes = mounts.compactMap { mount in
            mount.image.flatMap { try? node.images.find($0.image) }
        }
        return ([image] + volumes).flatMap { $0.layers.map(\.chain) }
    }

    /// One that the runtime does not let go of is kept as exited, so that it is seen and removed.
    private func takeBack(_ container: SandboxContainer) async throws {
        do {
            try await node.lifecycle.erase(container)
        } catch {
            await node.lifecycle.end(container) { _ in .notCreated(error) }
            throw error
        }
        node.containers.remove(container.id)
        try await node.store.removeContainer(container.id)
    }

    /// A retry of a request whose answer was lost gets the container that came of it. What is left of
    /// one that never came to be makes room.
    private func existing(
        _ name: String, _ sandbox: Sandbox, _ config: ContainerConfig
    ) async throws -> String? {
        let others = node.containers(of: sandbox)
        guard let other = others.first(where: { $0.name == name }) else { return nil }
        if other.phase.exit?.wasCreated == false {
            try await node.lifecycle.remove(other)
            return nil
        }
        guard other.phase.isUnstarted, other.config == config else {
            let difference =
                other.config == config
                ? "it is \(other.phase.name)"
                : Difference.text(other.config.json(), config.json())
            throw GantryError(
                .alreadyExists, "container \(name) exists as \(other.id): \(difference)")
        }
        return other.id
    }

    /// A log elsewhere would be written to with root's rights, whatever file it is.
    private func requireLogBelow(_ directory: String, _ path: String) throws {
        guard !directory.isEmpty, !path.isEmpty else { return }
        guard !(directory + path).utf8.contains(0),
            LogPath(directory: directory, name: path) != nil
        else {
            throw GantryError(
                .invalidArgument,
                "log_path \"\(path)\" names no file below the log directory \(directory)")
        }
    }

    private func validated(_ config: ContainerConfig?) throws -> ContainerConfig {
        guard let config, let metadata = config.metadata, !metadata.name.isEmpty else {
            throw GantryError(
                .invalidArgument,
                "config.metadata: the request has no container config with a name")
        }
        guard let image = config.image?.image, !image.isEmpty else {
            throw GantryError(.invalidArgument, "config.image: the container config names no image")
        }
        try RequestPaths.check(config)
        return config
    }
}
