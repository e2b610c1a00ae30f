public import Model
internal import Synchronization

/// Connects pods to the node's network by running CNI plugins (CNI specification 1.1 and older,
/// cni.dev/docs/spec).
///
/// Pods get one network: the first valid configuration by file name. What a pod was given is kept
/// in the cache directory until it was taken back, so that neither a crash nor a changed
/// configuration loses an address.
public final class NetworkPlugins: Sendable {
    let source: NetworkSource
    /// Of the handlers that have a configuration of their own, by its directory.
    private let others = Mutex<[String: NetworkSource]>([:])
    let plugins: Plugins
    let records: RecordStore
    let gate = OperationGate()
    /// Attachments that this process made. Garbage collection leaves them alone even when its
    /// caller drew up the list of pods before they came.
    let own = Mutex<Set<Attachment.ID>>([])

    /// - Parameters:
    ///   - configurationDirectories: usually `/etc/cni/net.d`. A change in them counts at once.
    ///   - pluginDirectories: where executables are looked for, in order.
    ///   - cacheDirectory: ours alone, and one that outlives a reboot, since plugins keep addresses
    ///     that long. It is made when it is needed.
    ///   - limit: the time that one run of a plugin may take; past it the plugin is killed.
    public init(
        configurationDirectories: [String], pluginDirectories: [String], cacheDirectory: String,
        limit: Duration
    ) {
        plugins = Plugins(directories: pluginDirectories, limit: limit)
        source = NetworkSource(directories: configurationDirectories, plugins: plugins)
        records = RecordStore(directory: cacheDirectory)
    }
}

extension NetworkPlugins {
    /// Where the network of a handler's pods is found.
    /// - Parameter directory: its own; empty: the node's.
    func source(in directory: String) -> NetworkSource {
        if directory.isEmpty { return source }
        return others.withLock { others in
            if let known = others[directory] { return known }
            let new = NetworkSource(directories: [directory], plugins: plugins)
            others[directory] = new
            return new
        }
    }
}

/// Whether pods can be given a network: the CRI's NetworkReady condition.
public enum Readiness: Hashable, Sendable {
    case ready
    /// `reason` is one CamelCase word, `message` is for people.
    case notReady(reason: String, message: String)
}

extension NetworkPlugins {
    /// The longest time for a plugin's STATUS: the kubelet asks every few seconds and waits.
    private static let statusLimit = Duration.seconds(5)

    /// Looks at the configuration and the plugins as they are now, and asks those of a network of
    /// 1.1 for their STATUS.
    /// - Parameter directory: of a handler's own configuration; empty: the node's.
    public func readiness(in directory: String = "") async -> Readiness {
        do {
            let network = try await source(in: directory).current()
            try await askStatus(network)
            return .ready
        } catch let problem as NotReady {
            return .notReady(reason: problem.reason.rawValue, message: problem.description)
        } catch {
            return .notReady(
                reason: NotReady.Reason.pluginNotReady.rawValue, message: "\(error)")
        }
    }

    private func askStatus(_ network: SelectedNetwork) async throws {
        guard network.version.hasStatus else { return }
        for plugin in network.configuration.plugins {
            let request = plugin.request(
                network: network.configuration.name, version: network.version)
            _ = try await plugins.run(
                .status, plugin.type, input: request, limit: min(plugins.limit, Self.statusLimit))
        }
    }

    /// The network in use, and the files that were passed over with the reason: for the verbose
    /// answer of the CRI's Status.
    public func information() async -> JSONValue {
        let loaded = try? await source.configuration()
        let network = try? await source.current()
        let types = loaded?.configuration?.plugins.map { JSONValue.string($0.type) }
        return [
            "file": .string(loaded?.path ?? ""),
            "name": .string(loaded?.configuration?.name ?? ""),
            "cniVersion": .string(network?.version.rawValue ?? ""),
            "plugins": .array(types ?? []),
            "skipped": .array((loaded?.skipped ?? []).map(JSONValue.string)),
        ]
    }
}
