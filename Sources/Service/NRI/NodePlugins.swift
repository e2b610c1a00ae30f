internal import Model
internal import NRI
internal import OCI
internal import Synchronization
internal import System

/// The plugins of the Node Resource Interface, and what they are told of this node's pods.
///
/// With none connected, each of these calls is one check.
final class NodePlugins: Sendable {
    let manager: PluginManager?
    private let backend: NodeBackend

    init(_ settings: NRISettings?) {
        let backend = NodeBackend()
        self.backend = backend
        manager = settings.map { PluginManager($0, backend) }
    }

    /// Must be called once, before anything else.
    func attach(_ node: Node) { backend.attach(node) }

    private var node: Node? { backend.node }

    // MARK: Pods

    /// - Throws: a plugin's refusal of the pod.
    func run(_ sandbox: Sandbox, _ undo: Undo) async throws {
        guard let manager, let node else { return }
        let audience = manager.announce { backend.begin(sandbox) }
        undo.push("tell plugins that it is not") {
            await self.tell(.stopPodSandbox, sandbox)
            await self.tell(.removePodSandbox, sandbox)
            self.backend.forget(sandbox.id)
        }
        guard manager.wants(.runPodSandbox) else { return }
        try await Trace.span("plugins") {
            try await manager.tell(
                .runPodSandbox, NRI.PodSandbox(sandbox, node), to: audience)
        }
    }

    /// The pod is listed: from now on it is known by that.
    func settle(_ sandbox: Sandbox) { backend.forget(sandbox.id) }

    func stopped(_ sandbox: Sandbox) async { await tell(.stopPodSandbox, sandbox) }

    /// Tells of it while `body` removes the rest.
    func removed(_ sandbox: Sandbox, _ body: () async throws -> Void) async throws {
        guard let manager, manager.wants(.removePodSandbox), sandbox.current.wasReady else {
            return try await body()
        }
        try await Self.together(body) { await self.tell(.removePodSandbox, sandbox) }
    }

    func updated(_ sandbox: Sandbox) async { await tell(.postUpdatePodSandbox, sandbox) }

    /// What cannot be refused any more.
    private func tell(_ event: Event, _ sandbox: Sandbox) async {
        guard let manager, manager.wants(event), let node else { return }
        await node.attempt("tell plugins of \(sandbox.id)") {
            try await manager.tell(event, NRI.PodSandbox(sandbox, node))
        }
    }

    func update(_ sandbox: Sandbox, _ request: UpdatePodSandboxResourcesRequest) async throws {
        guard let manager, manager.wants(.updatePodSandbox), let node else { return }
        try await manager.updatePod(
            NRI.PodSandbox(sandbox, node), overhead: request.overhead.map(LinuxResources.init),
            resources: request.resources.map(LinuxResources.init))
    }

    // MARK: Containers

    /// Has plugins adjust a container that is about to be.
    /// - Returns: the container as plugins have been shown it, when that is what it is.
    /// - Throws: a refusal, a conflict, or what cannot be done.
    func adjust(
        _ plan: inout ContainerPlan, _ undo: Undo
    ) async throws -> EncodedContainer? {
        guard let manager, let node else { return nil }
        let (before, sandbox) = (plan, plan.sandbox)
        let audience = manager.announce { backend.begin(before) }
        undo.push("tell plugins that it is not") { await self.undone(before) }
        guard manager.isAsked else { return nil }
        let creation = try await Trace.span("plugins") {
            try await manager.create(
                NRI.PodSandbox(sandbox, node), before.message, asking: audience)
        }
        try await plan.apply(creation)
        try await backend.make(creation.updates)
        await backend.evict(creation.evictions, plugin: "a plugin")
        return creation.unchanged
    }

    /// The container is listed: from now on it is known by that.
    /// - Parameter shown: what `adjust` has returned.
    func settle(_ container: SandboxContainer, _ spec: Spec, _ shown: EncodedContainer?) {
        backend.remember(container, spec, shown)
    }

    private func undone(_ plan: ContainerPlan) async {
        backend.forget(plan.id)
        guard let manager, manager.hasPlugins, let node else { return }
        let (pod, container) = (NRI.PodSandbox(plan.sandbox, node), EncodedContainer(plan.message))
        await node.attempt("tell plugins of \(plan.id)") {
            try await backend.make(try await manager.stop(pod, container))
            try await manager.tell(.removeContainer, pod, container)
        }
    }

    /// Tells of it while `body` stores it.
    func created(_ container: SandboxContainer, _ body: () async throws -> Void) async throws {
        try await tell(.postCreateContainer, container, during: body)
    }

    /// - Throws: a plugin's refusal.
    func starting(_ container: SandboxContainer) async throws {
        try await ask(.startContainer, container)
    }

    /// Tells of it while `body` stores it.
    func started(_ container: SandboxContainer, _ body: () async throws -> Void) async throws {
        try await tell(.postStartContainer, container, during: body)
    }

    func updated(_ container: SandboxContainer) async {
        await tell(.postUpdateContainer, container)
    }

    private func ask(_ event: Event, _ container: SandboxContainer) async throws {
        guard let manager, manager.wants(event), let node else { return }
        let message = await backend.message(container)
        try await manager.tell(event, NRI.PodSandbox(container.sandbox, node), message)
    }

    /// What cannot be refused any more.
    private func tell(_ event: Event, _ container: SandboxContainer) async {
        guard let manager, manager.wants(event), let node else { return }
        await node.attempt("tell plugins of \(container.id)") { try await ask(event, container) }
    }

    /// The same while `body` runs, which may take away what the message is read from. Returns once both are
    /// over: what plugins are told next comes after.
    private func tell(
        _ event: Event, _ container: SandboxContainer, during body: () async throws -> Void
    ) async throws {
        guard let manager, manager.wants(event), let node else { return try await body() }
        let message = await backend.message(container)
        let pod = NRI.PodSandbox(container.sandbox, node)
        try await Self.together(body) {
            await node.attempt("tell plugins of \(container.id)") {
                try await manager.tell(event, pod, message)
            }
        }
    }

    /// The end of a scope would cancel the telling.
    private static func together(
        _ body: () async throws -> Void, _ tell: @escaping @Sendable () async -> Void
    ) async throws {
        async let told: Void = tell()
        do { try await body() } catch {
            await told
            throw error
        }
        await told
    }

    private static let updateLimit = Duration.seconds(5)

    func stopped(_ container: SandboxContainer) async {
        guard let manager, manager.wants(.stopContainer), let node else { return }
        await node.attempt("tell plugins of \(container.id)") {
            let pod = NRI.PodSandbox(container.sandbox, node)
            let updates = try await manager.stop(pod, await backend.message(container))
            if updates.isEmpty { return }
            // Of other containers, whose runtimes may hang: this one's end is to be told.
            _ = await node.nursery.start(waiting: Self.updateLimit) { [backend] in
                await node.attempt("make what plugins changed at the end of \(container.id)") {
                    try await backend.make(updates)
                }
            }
        }
    }

    /// Tells of it while `body` removes the rest. Of one that never came to be plugins were told when that
    /// was known.
    func removed(_ container: SandboxContainer, _ body: () async throws -> Void) async throws {
        defer { backend.forget(container.id) }
        guard container.phase.exit?.wasCreated != false else { return try await body() }
        try await tell(.removeContainer, container, during: body)
    }

    /// What plugins make of a change of limits.
    /// - Returns: the change as CRI has it, and with what CRI has no field for.
    func change(
        _ container: SandboxContainer, _ asked: LinuxContainerResources
    ) async throws -> (asked: LinuxContainerResources, rest: LinuxResources?) {
        guard let manager, manager.wants(.updateContainer), let node else { return (asked, nil) }
        let change = try await manager.update(
            NRI.PodSandbox(container.sandbox, node), await backend.message(container),
            LinuxResources(asked))
        var result = asked
        result.apply(change.resources)
        try await backend.make(change.updates)
        await backend.evict(change.evictions, plugin: "a plugin")
        return (result, change.resources)
    }
}
