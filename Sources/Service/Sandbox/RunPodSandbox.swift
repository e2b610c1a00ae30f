internal import Model
internal import Network
internal import OCI
internal import Store
internal import System

/// Makes a pod: namespaces, network, and the monitor that its containers will live under.
struct RunPodSandbox: RPC {
    let node: Node

    func respond(to request: RunPodSandboxRequest) async throws -> RunPodSandboxResponse {
        let config = try validated(request.config)
        let handler = try node.handlers.named(request.runtimeHandler)
        try PodRules(config: config, handler: handler).check()
        let parent = config.linux?.cgroupParent ?? ""
        try CgroupPath(driver: node.cgroupDriver, parent: parent).check()
        let name = Sandbox.name(config.metadata ?? PodSandboxMetadata())
        if needsNetwork(config, name) {
            try await node.network.untilReady(in: handler.networkDirectory)
        }
        let id = try await node.operations.join(.runSandbox(name: name), request) {
            if let existing = try await existing(name, request) { return existing }
            let sandbox = Sandbox(
                id: Identifier.make(), config: config, handler: handler.name,
                requestedHandler: request.runtimeHandler, createdAt: Clock.now(),
                state: .init(phase: .creating))
            try await node.traced("RunPodSandbox", of: sandbox) { try await run(sandbox) }
            return sandbox.id
        }
        return RunPodSandboxResponse(podSandboxId: id)
    }

    /// A pod on the node's network needs none of its own: static pods and the agents of the network
    /// itself run before there is one, and bring it. Nor is one awaited for a pod that is there already.
    private func needsNetwork(_ config: PodSandboxConfig, _ name: String) -> Bool {
        if config.usesHostNetwork { return false }
        let other = node.sandboxes.all.first { $0.name == name }?.current
        return other.map { !$0.wasReady && $0.phase != .creating } ?? true
    }

    /// The procedure itself. Each step that allocates pushes what takes it back.
    private func run(_ sandbox: Sandbox) async throws {
        let resources = SandboxResources(node: node, sandbox: sandbox)
        try await Undo.scope(node.log) { undo in
            try await node.store.save(sandbox.row())
            failpoint("RunPodSandbox/stored")
            node.sandboxes.insert(sandbox)
            undo.push("remove its directory") { try await resources.removeDirectory() }
            try await Trace.span("directory") { try await resources.makeDirectory() }
            failpoint("RunPodSandbox/directory made")
            undo.push("end its monitor") { try await resources.endMonitor() }
            let monitor = try await Trace.span("monitor") { try await resources.startMonitor() }
            failpoint("RunPodSandbox/monitor started")
            await Trace.span("cgroup") { await resources.joinCgroup(monitor) }
            failpoint("RunPodSandbox/cgroup joined")
            undo.push("release its network") { try await resources.releaseNetwork() }
            try await Trace.span("namespaces") { try await resources.makeNamespaces(monitor) }
            failpoint("RunPodSandbox/namespaces made")
            undo.push("end its infra container") { try await resources.endInfra() }
            try await resources.attachNetworkAndStartInfra(monitor)
            try await node.plugins.run(sandbox, undo)
            failpoint("RunPodSandbox/plugins told")
            sandbox.update {
                $0.phase = .ready
                $0.wasReady = true
            }
            try await Trace.span("store") { try await node.store.save(sandbox.row()) }
            failpoint("RunPodSandbox/ready stored")
            resources.followSandbox()
            node.plugins.settle(sandbox)
            node.tell(.createdEvent, of: sandbox)
            node.tell(.startedEvent, of: sandbox)
        } end: { isComplete in
            await isComplete ? forget(sandbox) : keep(sandbox)
        }
    }

    private func forget(_ sandbox: Sandbox) async {
        node.sandboxes.remove(sandbox.id)
        await node.attempt("forget sandbox \(sandbox.id)") {
            try await node.store.removeSandbox(sandbox.id)
        }
    }

    /// Something of it could not be given back. It is listed as not ready, so that the kubelet stops
    /// and removes it, which tries again.
    private func keep(_ sandbox: Sandbox) async {
        sandbox.update { $0.phase = .stopping }
        node.sandboxes.insert(sandbox)
        await node.persist(sandbox)
    }

    /// A retry of a request whose answer was lost gets the pod that came of it. What is left of one
    /// that never came to be makes room.
    private func existing(
        _ name: String, _ request: RunPodSandboxRequest
    ) async throws -> String? {
        guard let other = node.sandboxes.all.first(where: { $0.name == name }) else { return nil }
        if other.current.wasReady {
            try other.requireSame(request)
            return other.id
        }
        _ = try await RemovePodSandbox(node: node).respond(
            to: RemovePodSandboxRequest(podSandboxId: other.id))
        return nil
    }

    private func validated(_ config: PodSandboxConfig?) throws -> PodSandboxConfig {
        guard let config, let metadata = config.metadata else {
            throw GantryError(
                .invalidArgument, "config.metadata: the request has no sandbox config with metadata"
            )
        }
        // Together they are the pod's identity, so none may be missing.
        let parts = [
            ("name", metadata.name), ("uid", metadata.uid), ("namespace", metadata.namespace),
        ]
        for (field, value) in parts where value.isEmpty {
            throw GantryError(
                .invalidArgument, "config.metadata.\(field): the sandbox's metadata has no \(field)"
            )
        }
        return config
    }
}
