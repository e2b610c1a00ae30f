internal import Model
internal import Synchronization
internal import System

/// All plugins, and what they are told.
///
/// Without any, each event costs one check. A plugin that registers is put into the list in the same
/// instant in which it is found out what it must be told in Synchronize, so every pod and container
/// reaches it exactly once: there, or by its event, which waits until Synchronize is over.
public final class PluginManager: Sendable {
    let settings: NRISettings
    let backend: any PluginBackend
    private let count = Atomic(0)
    /// All that any plugin wants to be told, as in `EventSet`.
    private let subscriptions = Atomic<Int32>(0)
    private let plugins = Mutex<[Plugin]>([])

    public init(_ settings: NRISettings, _ backend: any PluginBackend) {
        self.settings = settings
        self.backend = backend
    }

    /// Whether containers are to be put before plugins, or the daemon's own validator.
    public var isAsked: Bool {
        wants(.createContainer) || wants(.validateContainerAdjustment) || settings.validator != nil
    }

    /// Whether there is anybody to tell. An event for which this is false is over with it.
    public var hasPlugins: Bool { count.load(ordering: .acquiring) > 0 }

    /// Whether any plugin wants to be told of this: what is to be told need not be put together before.
    public func wants(_ event: Event) -> Bool {
        EventSet(bits: subscriptions.load(ordering: .acquiring)).contains(event)
    }

    /// In the order in which they are asked.
    var all: [Plugin] { plugins.withLock { $0 } }

    /// Those who are told of something that begins to be, in the same instant in which `note` notes
    /// it: who registers later finds it, and who has registered is told.
    public func announce(_ note: () -> Void) -> Audience {
        plugins.withLock { plugins in
            note()
            return Audience(plugins: plugins)
        }
    }

    /// Those who are told of anything else.
    var audience: Audience { Audience(plugins: all) }

    /// Takes a plugin in, and gives what it must be told of.
    func join(_ plugin: Plugin) -> (pods: [PodSandbox], containers: [EncodedContainer]) {
        plugins.withLock { plugins in
            let place = plugins.firstIndex { $0.index > plugin.index } ?? plugins.endIndex
            plugins.insert(plugin, at: place)
            sum(plugins)
            return backend.known()
        }
    }

    func leave(_ plugin: Plugin) {
        plugins.withLock { plugins in
            plugins.removeAll { $0 === plugin }
            sum(plugins)
            if plugins.isEmpty { backend.rest() }
        }
    }

    /// What is looked at without the lock.
    private func sum(_ plugins: [Plugin]) {
        subscriptions.store(
            plugins.reduce(0) { $0 | $1.events.mask }, ordering: .releasing)
        count.store(plugins.count, ordering: .releasing)
    }

    /// For people: the plugins as they are asked.
    public var summaries: [PluginSummary] {
        all.map {
            PluginSummary(
                name: $0.name, isLaunched: $0.isLaunched, version: $0.version,
                pid: $0.connection.peer ?? 0, events: $0.events.names)
        }
    }

    /// Ends all connections, and with them the programs that were started.
    public func close() {
        for plugin in all { plugin.drop("the daemon ends") }
    }
}

/// Plugins in the order in which they are asked.
public struct Audience: Sendable {
    let plugins: [Plugin]
}

/// A plugin as people are shown it.
public struct PluginSummary: Hashable, Sendable {
    public var name: String
    public var isLaunched: Bool
    public var version: String
    public var pid: Int32
    public var events: [String]
}
