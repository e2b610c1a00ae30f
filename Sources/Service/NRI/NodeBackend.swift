internal import CRI
internal import Kernel
internal import Logging
internal import Model
internal import NRI
internal import OCI
internal import Synchronization
internal import System

/// What plugins see of the node, and what is done for them.
final class NodeBackend: PluginBackend {
    private struct State {
        weak var node: Node?
        /// What plugins were told of, and what is not listed yet.
        var pods: [String: Sandbox] = [:]
        var plans: [String: ContainerPlan] = [:]
        /// What of containers does not change, while there are plugins.
        var messages: [String: EncodedContainer] = [:]
        var keepsMessages = false
    }

    private let state = Mutex(State())

    func attach(_ node: Node) { state.withLock { $0.node = node } }

    var node: Node? { state.withLock { $0.node } }

    func begin(_ sandbox: Sandbox) { state.withLock { $0.pods[sandbox.id] = sandbox } }

    func begin(_ plan: ContainerPlan) { state.withLock { $0.plans[plan.id] = plan } }

    /// - Parameter known: of the same plan, what plugins have been shown already.
    func remember(_ container: SandboxContainer, _ spec: Spec, _ known: EncodedContainer?) {
        let isKept = state.withLock { state in
            state.plans[container.id] = nil
            return state.keepsMessages
        }
        guard isKept else { return }
        let message = known ?? EncodedContainer(NRI.Container(container, spec))
        state.withLock { if $0.keepsMessages { $0.messages[container.id] = message } }
    }

    func forget(_ id: String) {
        state.withLock { state in
            state.pods[id] = nil
            state.plans[id] = nil
            state.messages[id] = nil
        }
    }

    /// A container as it is now. After a restart its spec is read from its bundle.
    func message(_ container: SandboxContainer) async -> EncodedContainer {
        let kept = state.withLock { $0.messages[container.id] }
        let message = if let kept { kept } else { await read(container) }
        if kept == nil {
            state.withLock { if $0.keepsMessages { $0.messages[container.id] = message } }
        }
        return message.adding(NRI.Container(stateOf: container))
    }

    private func read(_ container: SandboxContainer) async -> EncodedContainer {
        guard let node else { return EncodedContainer(.init(without: container)) }
        let bundle = Bundle(node.paths.container(container.id).bundle)
        guard let spec = try? await bundle.read() else {
            return EncodedContainer(.init(without: container))
        }
        return EncodedContainer(.init(container, spec))
    }

    // MARK: PluginBackend

    func prepare() async {
        state.withLock { $0.keepsMessages = true }
        for container in node?.containers.all ?? [] where container.phase.exit == nil {
            _ = await message(container)
        }
    }

    func rest() {
        state.withLock { ($0.keepsMessages, $0.messages) = (false, [:]) }
    }

    func known() -> (pods: [NRI.PodSandbox], containers: [EncodedContainer]) {
        guard let node else { return ([], []) }
        let (pending, plans, messages) = state.withLock { ($0.pods, $0.plans, $0.messages) }
        let ready = node.sandboxes.all.filter { $0.current.wasReady && pending[$0.id] == nil }
        let pods = (Array(pending.values) + ready).map { NRI.PodSandbox($0, node) }
        let living = node.containers.all.filter { $0.phase.exit == nil && plans[$0.id] == nil }
        let containers = living.map { container in
            let message = messages[container.id] ?? EncodedContainer(.init(without: container))
            return message.adding(.init(stateOf: container))
        }
        return (pods, containers + plans.values.map { EncodedContainer($0.message) })
    }

    /// Makes changes that plugins answered with.
    /// - Throws: the first that could not be made and may not fail.
    func make(_ updates: [ContainerUpdate]) async throws {
        for (update, error) in await self.update(updates) {
            guard update.ignoreFailure else {
                throw GantryError(
                    "update container \(update.containerId) for a plugin", from: error)
            }
            log(.warning, "update container \(update.containerId) for a plugin: \(error)")
        }
    }

    func update(_ updates: [ContainerUpdate]) async -> [(ContainerUpdate, any Error)] {
        var failures: [(ContainerUpdate, any Error)] = []
        for update in updates {
            do { try await self.update(update) } catch { failures.append((update, error)) }
        }
        return failures
    }

    /// One that is not there needs no limits.
    private func update(_ update: ContainerUpdate) async throws {
        guard let node, let change = update.linux?.resources,
            let container = node.containers.all.first(where: { $0.id == update.containerId })
        else { return }
        var record = LinuxContainerResources()
        record.apply(change)
        try await UpdateContainerResources(node: node).change(container, record, change)
    }

    func evict(_ evictions: [ContainerEviction], plugin: String) async {
        guard let node else { return }
        for eviction in evictions {
            guard
                let container = node.containers.all.first(where: { $0.id == eviction.containerId })
            else { continue }
            let reason = String(decoding: eviction.reason.utf8.prefix(256), as: UTF8.self)
            log(.info, "container \(container.id) is evicted for \(plugin): \(reason)")
            node.nursery.start {
                await node.attempt("evict container \(container.id)") {
                    try await node.lifecycle.stop(container, grace: .zero)
                }
            }
        }
    }

    func log(_ level: PluginLogLevel, _ text: String) {
        guard let log = node?.log else { return }
        switch level {
        case .debug: log.debug("\(text)")
        case .info: log.info("\(text)")
        case .warning: log.warning("\(text)")
        }
    }
}

extension NRI.Container {
    init(_ container: SandboxContainer, _ spec: Spec) {
        self.init(
            id: container.id, container.sandbox, container.config, spec,
            imageId: container.details.imageId)
    }

    /// One whose spec is not known any more.
    init(without container: SandboxContainer) {
        self.init(
            id: container.id, podSandboxId: container.sandbox.id,
            name: container.config.metadata?.name ?? "", labels: container.config.labels,
            annotations: container.config.annotations)
    }
}
