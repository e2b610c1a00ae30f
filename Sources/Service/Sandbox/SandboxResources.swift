internal import Kernel
internal import Logging
internal import Model
internal import MonitorProtocol
internal import Network
internal import OCI
internal import System
internal import Text

/// What a sandbox holds on the node, acquired by RunPodSandbox one step after the other.
///
/// Every release can be repeated and does not care whether its acquisition got anywhere: the undo
/// list, StopPodSandbox and the recovery after a crash all use the same ones.
struct SandboxResources: Sendable {
    let node: Node
    let sandbox: Sandbox

    var paths: Paths.Pod { node.paths.pod(sandbox.id) }

    // MARK: Directory

    func makeDirectory() async throws {
        let handler = try node.handlers.named(sandbox.handler).runtime.handler
        let memory = try SharedMemory(sandbox.config, handler, node.settings)
        let files = SandboxFiles(
            paths: paths, config: sandbox.config, sharedMemory: memory.bytes)
        try await Blocking.run { try files.write() }
        try await node.label(paths, of: sandbox)
    }

    func removeDirectory() async throws {
        try await shutDownSandbox()
        try await Mounts.unmount(paths.sharedMemory)
        failpoint("RemovePodSandbox/shared memory unmounted")
        try await Trees.remove(paths.directory)
    }

    // MARK: Monitor

    func startMonitor() async throws -> Monitor {
        let monitor = try await Monitor.start(
            program: node.settings.monitorProgram, directory: paths.directory,
            logRateLimit: node.settings.logRateLimit)
        sandbox.update { $0.monitor = monitor }
        node.watch(sandbox, monitor)
        return monitor
    }

    func endMonitor() async throws {
        try await shutDownMonitor()
        try await removeCgroup()
    }

    /// The pod has no monitor while its end is awaited, so that the end is not taken for a crash.
    private func shutDownMonitor() async throws {
        guard let monitor = sandbox.update({ $0.monitor.take() }) else { return }
        do {
            let left = try await unlessGone { try await node.lastWord(of: monitor, sandbox) }
            guard let left = left ?? nil else { return }
            // What a runtime says of its own absence is no word of the monitor's.
            try await endStrangers(left)
            _ = try await unlessGone { try await monitor.shutdown() }
        } catch {
            sandbox.update { $0.monitor = monitor }
            throw error
        }
    }

    /// - Returns: nil from a monitor that is not there any more.
    private func unlessGone<Result>(_ ask: () async throws -> Result) async throws -> Result? {
        do {
            return try await ask()
        } catch let error as GantryError where error.code == .unavailable {
            return nil
        }
    }

    /// Ends what still lives after all containers were ended: what a failed creation or start left
    /// that the runtime could not take back then.
    private func endStrangers(_ left: [MonitoredContainer]) async throws {
        for one in left where one.exit == nil {
            try await node.runtime(of: sandbox).delete(one.container, force: true)
        }
    }

    // MARK: Namespaces

    /// The namespaces that the pod has of its own. A pod on the host's network also has the host's
    /// name, as Kubernetes documents for `hostNetwork`.
    var kinds: [NamespaceRequest.Kind] {
        var kinds: [NamespaceRequest.Kind] = []
        if !sandbox.usesHostNetwork { kinds += [.network, .uts] }
        if sandbox.namespaces.ipc != .node { kinds.append(.ipc) }
        if sandbox.namespaces.usernsOptions?.mode == .pod { kinds.append(.user) }
        return kinds
    }

    func makeNamespaces(_ monitor: Monitor) async throws {
        let pins = kinds.map { NamespaceRequest.Pin(kind: $0, path: paths.namespace($0.rawValue)) }
        var request = NamespaceRequest(
            pins: pins, hostname: sandbox.config.hostname,
            sysctls: try DefaultSysctls(node.settings.defaultSysctls).merged(into: sandbox.config))
        if let mappings = try UserMappings(sandbox.namespaces.usernsOptions) {
            request.uidMap = mappings.uids.line
            request.gidMap = mappings.gids.line
        }
        do {
            try await monitor.createNamespaces(request)
        } catch let error as GantryError
            where error.code == .internal && error.message.has(text: " /proc/sys/")
        {
            // One that the kernel has not, or a value that it does not take.
            throw GantryError(.invalidArgument, "sysctls: \(error.message)", cause: error)
        }
    }

    private func releaseNamespaces() async throws {
        for kind in NamespaceRequest.Kind.allCases {
            try await Mounts.unmount(paths.namespace(kind.rawValue))
        }
    }

    // MARK: Network

    private var attachment: Attachment {
        Attachment(sandbox, namespacePath: paths.namespace("net"))
    }

    func attachNetwork() async throws {
        guard !sandbox.usesHostNetwork else { return }
        let directory = try node.handlers.named(sandbox.handler).networkDirectory
        let result = try await node.network.add(attachment, in: directory)
        sandbox.update { $0.addresses = result.ips }
        if !result.ignoredCapabilities.isEmpty {
            // Some networks serve host ports by themselves, so it is not for us to refuse.
            node.log.warning(
                "no plugin of the network takes the \(result.ignoredCapabilities) of \(sandbox.name)"
            )
        }
    }

    /// A network that was uninstalled must not keep its pods for ever. What is left of this one is taken
    /// back at the first start of the daemon that finds the plugin, and `gantry check` tells of it.
    private func detachNetwork() async throws {
        do {
            try await node.network.remove(attachment)
        } catch let error as NotInstalled {
            node.log.warning("stop sandbox \(sandbox.id): \(error)")
        }
    }

    /// Takes the pod off the network, and then gives up its namespaces: as long as a plugin fails, it
    /// wants them for the next time that it is asked.
    func releaseNetwork() async throws {
        if !sandbox.usesHostNetwork { try await detachNetwork() }
        failpoint("StopPodSandbox/network detached")
        try await releaseNamespaces()
        failpoint("StopPodSandbox/namespaces released")
    }
}
