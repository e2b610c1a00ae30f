internal import Image
internal import Kernel
internal import Model
internal import OCI
internal import Store
internal import System

/// Prepares a container: root file system, spec, and an init process that waits for its start.
struct CreateContainer: RPC {
    let node: Node

    func respond(to request: CreateContainerRequest) async throws -> CreateContainerResponse {
        let sandbox = try node.sandboxes.get(request.podSandboxId)
        let config = try validated(request.config)
        let name = SandboxContainer.name(config.metadata ?? ContainerMetadata())
        let key = Operations.Key.createContainer(sandbox: sandbox.id, name: name)
        let id = try await node.operations.join(key, request) {
            try sandbox.requireReady()
            if let existing = try existing(name, sandbox, config) { return existing }
            let subject = config.metadata?.name ?? ""
            return try await node.traced("CreateContainer", subject, of: sandbox) {
                try await create(config, in: sandbox)
            }
        }
        return CreateContainerResponse(containerId: id)
    }

    /// The procedure itself. Each step that allocates pushes what takes it back.
    private func create(_ config: ContainerConfig, in sandbox: Sandbox) async throws -> String {
        let image = try node.images.get(config.image?.image ?? "")
        try image.requireRunnable()
        let monitor = try sandbox.requireMonitor()
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
            let plan = try await Trace.span("spec, mounts and user") {
                try await ContainerPlan.make(node, sandbox, config, image, id: id, root: root)
            }
            try await Trace.span("bundle") {
                try await plan.writeBundle()
                try await plan.relabel()
            }
            let container = plan.container()
            undo.push("forget the container") { try await forget(container) }
            try await node.store.save(container.row())
            node.containers.insert(container)
            undo.push("delete it from the runtime") {
                try await node.runtime(of: sandbox).delete(id, force: true)
            }
            let pid = try await Trace.span("\(sandbox.handler) create") {
                try await ProgramDurations.runtime.measure(sandbox.handler, "create") {
                    try await node.create(plan.request(), with: monitor, plan.handler.runtime)
                }
            }
            container.update { $0.phase.create(pid: pid) }
            try sandbox.requireReady()
            try await Trace.span("store") { try await node.store.save(container.row()) }
            node.tell(.createdEvent, of: container)
            return id
        }
    }

    private func layers(of image: ImageRecord, and mounts: [Mount]) -> [String] {
        let volumes = mounts.compactMap { mount in
            mount.image.flatMap { try? node.images.find($0.image) }
        }
        return ([image] + volumes).flatMap { $0.layers.map(\.chain) }
    }

    private func forget(_ container: SandboxContainer) async throws {
        node.containers.remove(container.id)
        try await node.store.removeContainer(container.id)
    }

    /// A retry of a request whose answer was lost gets the container that came of it.
    private func existing(
        _ name: String, _ sandbox: Sandbox, _ config: ContainerConfig
    ) throws -> String? {
        let others = node.containers(of: sandbox)
        guard let other = others.first(where: { $0.name == name }) else { return nil }
        guard case .created = other.phase, other.config == config else {
            throw GantryError(
                .alreadyExists, "container \(name) exists as \(other.id) and is not the same")
        }
        return other.id
    }

    private func validated(_ config: ContainerConfig?) throws -> ContainerConfig {
        guard let config, let metadata = config.metadata, !metadata.name.isEmpty else {
            throw GantryError(.invalidArgument, "the request has no container config with a name")
        }
        guard let image = config.image?.image, !image.isEmpty else {
            throw GantryError(.invalidArgument, "the container config names no image")
        }
        return config
    }
}
