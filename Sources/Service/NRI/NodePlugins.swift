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
        guard manager.hasPlugins else { return }
        try await Trace.span("plugins") {
            try await manager.tell(
                .runPodSandbox, NRI.PodSandbox(sandbox, node), to: audience)
        }
    }

    /// The pod is listed: from now on it is known by that.
    func settle(_ sandbox: Sandbox) { backend.forget(sandbox.id) }

    func stopped(_ sandbox: Sandbox) async { await tell(.stopPodSandbox, sandbox) }

    func removed(_ sandbox: Sandbox) async { await tell(.removePodSandbox, sandbox) }

    func updated(_ sandbox: Sandbox) async { await tell(.postUpdatePodSandbox, sandbox) }

    /// What cannot be refused any more.
    private func tell(_ event: Event, _ sandbox: Sandbox) async {
        guard let manager, manager.hasPlugins, let node else { return }
        await node.attempt("tell plugins of \(sandbox.id)") {
            try await manager.tell(event, NRI.PodSandbox(sandbox, node))
        }
    }

    func update(_ sandbox: Sandbox, _ request: UpdatePodSandboxResourcesRequest) async throws {
        guard let manager, manager.hasPlugins, let node else { return }
        try await manager.updatePod(
            NRI.PodSandbox(sandbox, node), overhead: request.overhead.map(LinuxResources.init),
            resources: request.resources.map(LinuxResources.init))
    }

    // MARK: Containers

    /// Has plugins adjust a container that is about to be.
    /// - Throws: a refusal, a conflict, or what cannot be done.
    func adjust(_ plan: inout ContainerPlan, _ undo: Undo) async throws {
        guard let manager, let node else { return }
        let (before, sandbox) = (plan, plan.sandbox)
        let audience = manager.announce { backend.begin(before) }
        undo.push("tell plugins that it is not") { await self.undone(before) }
        guard manager.isAsked else { return }
        let creation = try await Trace.span("plugins") {
            try await manager.create(
                NRI.PodSandbox(sandbox, node), before.message, asking: audience)
        }
        try await plan.apply(creation)
        try await backend.make(creation.updates)
        await backend.evict(creation.evictions, plugin: "a plugin")
    }

    /// The container is listed: from now on it is known by that.
    func settle(_ container: SandboxContainer, _ spec: Spec) {
        backend.remember(container, spec)
    }

    private func undone(_ plan: ContainerPlan) async {
        backend.forget(plan.id)
        guard let manager, manager.hasPlugins, let node else { return }
        let pod = NRI.PodSandbox(plan.sandbox, node)
        await node.attempt("tell plugins of \(plan.id)") {
            try await backend.make(try await manager.stop(pod, plan.message))
            try await manager.tell(.removeContainer, pod, plan.message)
        }
    }

    func created(_ container: SandboxContainer) async {
        await tell(.postCreateContainer, container)
    }

    /// - Throws: a plugin's refusal.
    func starting(_ container: SandboxContainer) async throws {
        try await ask(.startContainer, container)
    }

    func started(_ container: SandboxContainer) async { await tell(.postStartContainer, container) }

    func updated(_ container: SandboxContainer) async {
        await tell(.postUpdateContainer, container)
    }

    private func ask(_ event: Event, _ container: SandboxContainer) async throws {
        guard let manager, manager.hasPlugins, let node else { return }
        let message = try await backend.message(container)
        try await manager.tell(event, NRI.PodSandbox(container.sandbox, node), message)
    }

    /// What cannot be refused any more.
    private func tell(_ event: Event, _ container: SandboxContainer) async {
        guard let manager, manager.hasPlugins, let node else { return }
        await node.attempt("tell plugins of \(container.id)") { try await ask(event, container) }
    }

    func stopped(_ container: SandboxContainer) async {
        guard let manager, manager.hasPlugins, let node else { return }
        await node.attempt("tell plugins of \(container.id)") {
            let pod = NRI.PodSandbox(container.sandbox, node)
            let updates = try await manager.stop(pod, try await backend.message(container))
            try await backend.make(updates)
        }
    }

    /// Of one that never came to be plugins were told when that was known.
    func removed(_ container: SandboxContainer) async {
        if container.phase.exit?.wasCreated != false { await tell(.removeContainer, container) }
        backend.forget(container.id)
    }

    /// What plugins make of a change of limits.
    /// - Returns: the change as CRI has it, and with what CRI has no field for.
    func change(
        _ container: SandboxContainer, _ asked: LinuxContainerResources
    ) async throws -> (asked: LinuxContainerResources, rest: LinuxResources?) {
        guard let manager, manager.hasPlugins, let node else { return (asked, nil) }
        let change = try await manager.update(
            NRI.PodSandbox(container.sandbox, node), try await backend.message(container),
            LinuxResources(asked))
        var result = asked
        result.apply(change.resources)
        try await backend.make(change.updates)
        await backend.evict(change.evictions, plugin: "a plugin")
        return (result, change.resources)
    }
}
