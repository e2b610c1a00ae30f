internal import Image
internal import ImageProtocol
internal import Kernel
public import Logging
internal import Model
internal import NRI
internal import Network
internal import OCI
internal import Shim
internal import Store
public import Streaming
internal import Synchronization
internal import System

/// All that the RPCs work on. It has no behaviour of its own beyond finding things.
public final class Node: Sendable {
    let live: Mutex<Settings>
    let paths: Paths
    let log: Logger
    let store: Store
    let nursery: Nursery
    let operations: Operations
    let sandboxes = Index<Sandbox>("sandbox")
    let containers = Index<SandboxContainer>("container")
    let events = EventHub()
    let traces = TraceLog()
    public let spans = SpanQueue()
    public let telemetry = Telemetry()
    let plugins: NodePlugins
    let shims: ShimConnections
    let images: ImageCatalog
    let layers: Layers
    let imageMounts: ImageMounts
    let quarantine: Quarantine
    let rootFilesystems: RootFilesystems
    let puller: Puller
    let pulls: PullsUnderWay
    let network: NetworkPlugins
    let liveHandlers: Mutex<Handlers>
    let host: HostFacts
    let cgroupDriver: OCI.CgroupDriver
    /// Where exec, attach and port-forward are carried on; nil: nowhere.
    let streaming: StreamingServer?
    private let instance: InstanceLock

    /// Opens what is on disk. `recover` must be called before requests are served.
    /// - Throws: `GantryError` that says which file or directory cannot be used, and why.
    public init(
        _ settings: Settings, nursery: Nursery, log: Logger, streaming: StreamingServer? = nil
    ) async throws {
        self.streaming = streaming
        live = Mutex(settings)
        self.nursery = nursery
        shims = ShimConnections(nursery)
        plugins = NodePlugins(NRISettings(settings))
        self.log = log
        pulls = PullsUnderWay(log)
        let paths = Paths(root: settings.root, runRoot: settings.runRoot)
        self.paths = paths
        instance = try await Blocking.run {
            try paths.makeDirectories()
            return try InstanceLock(directory: paths.root)
        }
        async let working = Handlers.probe(settings, paths, within: .seconds(20))
        operations = Operations(nursery)
        store = try await Blocking.run {
            let store = try Store(root: paths.root, runRoot: paths.runRoot)
            // A file system that has no such thing makes do without.
            try? Files.reserve("\(paths.database)-wal", bytes: Store.logReserve)
            return store
        }
        Self.tell(store.condition, log)
        layers = try await Blocking.run {
            try Layers(
                root: paths.root,
                formats: LayerFormats(below: paths.root).preferring(settings.layerFormat))
        }
        Self.tell(layers.formats, log)
        imageMounts = ImageMounts()
        try await Blocking.run { [imageMounts] in _ = try imageMounts.read() }
        rootFilesystems = try await Blocking.run { [layers] in
            do {
                return try RootFilesystems(
                    root: paths.root, runroot: paths.runRoot, layers: layers,
                    writableLimit: UInt64(settings.writableLayerLimit))
            } catch let error as GantryError {
                throw GantryError("writable_layer_limit", from: error)
            }
        }
        let puller = Puller(
            layers: layers, registries: try await Blocking.run { try Registries.load(settings) },
            workers: ImageWorkers(settings, log: log), settings: FetchSettings(settings))
        quarantine = try await Quarantine.run(store, layers, log)
        images = try await ImageCatalog(
            store, verified: VerifiedImages(directory: paths.verified)
        ) { try puller.candidates(for: $0) }
        self.puller = puller
        network = NetworkPlugins(
            configurationDirectories: settings.networkConfigDirectories,
            pluginDirectories: settings.networkPluginDirectories,
            cacheDirectory: paths.networkCache,
            limit: .clamped(seconds: Int64(settings.networkLimit)))
        var handlers = try await Blocking.run { [working = await working] in working.withRoots() }
        if await rootFilesystems.canMapIDs() { handlers.allowUserNamespaces() }
        for failure in handlers.failures { log.warning("handler that does not work: \(failure)") }
        await handlers.remember(paths)
        liveHandlers = Mutex(handlers)
        host = try await Blocking.run { try HostFacts.detect() }
        cgroupDriver = settings.cgroupDriver ?? CgroupDriver.detect()
        try settings.checkMonitorCgroup(cgroupDriver)
        try await prepareInfra()
    }

    private let shuttingDown = Atomic(false)
    let retriesHandlers = Atomic(false)

    /// Ends what would not end by itself; calls under way may still end.
    public func beginShutdown() {
        shuttingDown.store(true, ordering: .relaxed)
        events.close()
    }

    /// Opens when processes that clients have started are left alone.
    let leaving = Latch<Void>()

    /// Leaves the pods to their monitors: the last thing a daemon does.
    public func leaveMonitors() {
        leaving.open(())
        for sandbox in sandboxes.all { sandbox.current.monitor?.disconnect() }
        shims.close()
    }

    var isShuttingDown: Bool { shuttingDown.load(ordering: .relaxed) }
}

extension Node {
    func runtime(of sandbox: Sandbox) throws -> Runtime {
        let handler = try handlers.named(sandbox.handler)
        var runtime = handler.runtime
        if let shim = handler.shim { runtime.tasks = tasks(shim, of: sandbox.id) }
        return runtime
    }

    func tasks(_ shim: ShimHandler, of sandbox: String) -> ShimTasks {
        let pod = paths.pod(sandbox)
        var shim = shim
        shim.program.eventSocket = pod.shimEvents
        return ShimTasks(
            shim: shim, connections: shims, log: log, sandbox: sandbox,
            sandboxBundle: pod.shimBundle,
            containers: paths.containers, scratch: paths.scratch,
            formerEvents: paths.formerShimEvents)
    }

    func containers(of sandbox: Sandbox) -> [SandboxContainer] {
        containers.all.filter { $0.sandbox === sandbox }
    }

    /// Looks at paths that requests name.
    var hostPaths: HostPaths {
        HostPaths(
            program: settings.pathProgram,
            limit: .clamped(seconds: Int64(settings.hostPathLimit)))
    }

    var lifecycle: Lifecycle { Lifecycle(node: self) }

    /// Follows a monitor for as long as it lives.
    func watch(_ sandbox: Sandbox, _ monitor: Monitor) {
        nursery.start { await monitor.run() }
        nursery.start { await Watch(node: self, sandbox: sandbox).run(monitor) }
    }

    /// Stores what has happened already, so that a failure can only be logged.
    func persist(_ container: SandboxContainer) async {
        await attempt("store container \(container.id)") {
            try await store.save(container.row())
        }
    }

    func persist(_ sandbox: Sandbox) async {
        await attempt("store sandbox \(sandbox.id)") { try await store.save(sandbox.row()) }
    }

    /// Runs what has no caller to tell of its failure.
    func attempt(_ doing: String, _ body: () async throws -> Void) async {
        do { try await body() } catch { log.error("\(doing): \(error)") }
    }
}
