internal import CRI
internal import Model
internal import OCI
internal import Synchronization

/// A pod sandbox: what was asked for, which never changes, apart from how it stands, which does.
final class Sandbox: Identified {
    let id: String
    let config: PodSandboxConfig
    /// The handler as resolved; never empty.
    let handler: String
    /// The handler as asked for, which is what its status reports.
    let requestedHandler: String
    /// Nanoseconds since 1970.
    let createdAt: Int64

    struct State: Sendable {
        var phase: SandboxPhase
        /// Whether it ever came to be, so that somebody may know its ID.
        var wasReady = false
        /// As the kubelet last said, instead of what the configuration has.
        var overhead: LinuxContainerResources?
        var resources: LinuxContainerResources?
        /// Addresses from the network plugins, the primary first.
        var addresses: [String] = []
        /// Host process ID of the infra container, where there is one.
        var infraPid: Int32?
        var monitor: Monitor?
        /// The list that it is in.
        var list: KeptEncoding?
    }

    /// Of a sandbox that is its shim's own.
    let usageNotes = UsageNotes()

    private let state: Mutex<State>
    /// As an element of ListPodSandbox.
    let element = KeptEncoding()
    /// As PodSandboxStatus answers when not asked for more.
    let answer = KeptEncoding()

    init(
        id: String, config: PodSandboxConfig, handler: String, requestedHandler: String,
        createdAt: Int64, state: State
    ) {
        self.id = id
        self.config = config
        self.handler = handler
        self.requestedHandler = requestedHandler
        self.createdAt = createdAt
        self.state = Mutex(state)
    }

    var current: State { state.withLock { $0 } }
    var phase: SandboxPhase { state.withLock { $0.phase } }

    func update<Result: Sendable>(_ change: (inout State) throws -> Result) rethrows -> Result {
        try state.withLock { state in
            defer { for kept in [element, answer, state.list] { kept?.changed() } }
            return try change(&state)
        }
    }

    func join(_ list: KeptEncoding) {
        state.withLock { $0.list = list }
    }

    /// The identity that the kubelet retries with.
    static func name(_ metadata: PodSandboxMetadata) -> String {
        "\(metadata.namespace)/\(metadata.name)/\(metadata.uid)/\(metadata.attempt)"
    }

    var name: String { Sandbox.name(config.metadata ?? PodSandboxMetadata()) }

    /// - Throws: `failedPrecondition` unless containers may be created in it.
    func requireReady() throws {
        guard phase == .ready else {
            throw GantryError(.failedPrecondition, "sandbox \(id) is not ready")
        }
    }

    /// - Throws: `alreadyExists` unless `request` asks for what this pod is.
    func requireSame(_ request: RunPodSandboxRequest) throws {
        guard let difference = difference(from: request) else { return }
        throw GantryError(.alreadyExists, "pod \(name) exists as sandbox \(id): \(difference)")
    }

    private func difference(from request: RunPodSandboxRequest) -> String? {
        if phase != .ready { return "it is not ready" }
        if requestedHandler != request.runtimeHandler {
            return "its runtime handler is \"\(requestedHandler)\""
        }
        let asked = request.config ?? PodSandboxConfig()
        return asked == config ? nil : Difference.text(config.json(), asked.json())
    }

    func requireMonitor() throws -> Monitor {
        guard let monitor = current.monitor else {
            throw GantryError(.failedPrecondition, "the monitor of sandbox \(id) is gone")
        }
        return monitor
    }
}

extension Sandbox {
    /// The configuration with what the kubelet has changed since.
    var currentConfig: PodSandboxConfig {
        let now = current
        var result = config
        guard now.overhead != nil || now.resources != nil else { return result }
        var linux = result.linux ?? LinuxPodSandboxConfig()
        linux.overhead = now.overhead ?? linux.overhead
        linux.resources = now.resources ?? linux.resources
        result.linux = linux
        return result
    }

    var namespaces: NamespaceOption { config.namespaces }

    var usesHostNetwork: Bool { config.usesHostNetwork }

    /// Shared between all containers, by a process that holds it.
    var sharesPidNamespace: Bool { namespaces.pid == .pod }
}

extension PodSandboxConfig {
    var namespaces: NamespaceOption {
        linux?.securityContext?.namespaceOptions ?? NamespaceOption()
    }

    /// `network: NODE`, which is Kubernetes' `hostNetwork`.
    var usesHostNetwork: Bool { namespaces.network == .node }
}
