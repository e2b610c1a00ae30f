internal import Kernel
internal import Model
internal import Protobuf
internal import Synchronization
internal import System
internal import TTRPC

/// How a connection becomes a plugin: it says who it is, is configured, and learns what there is.
final class Registration: Sendable {
    private struct State {
        var name: PluginName?
        var version = ""
        var waiter: CheckedContinuation<Void, Never>?
        var isOver = false
        var plugin: Plugin?
    }

    private let manager: PluginManager
    private let program: LaunchedPlugin?
    private let state = Mutex(State())

    init(manager: PluginManager, program: LaunchedPlugin?) {
        self.manager = manager
        self.program = program
    }

    /// What the plugin may ask.
    var answers: PluginConnection.Answers {
        let service = PluginConnection.runtimeService
        return [
            "\(service)/RegisterPlugin": .unary { [weak self] in
                try self?.register(try Bytes.decode($0))
                return []
            },
            "\(service)/UpdateContainers": .unary { [weak self] in
                guard let self else { return [] }
                return Bytes.of(try await self.update(try Bytes.decode($0)))
            },
        ]
    }

    private func register(_ request: RegisterPluginRequest) throws {
        let name =
            try program?.name
            ?? PluginName(index: request.pluginIdx, base: request.pluginName)
        let waiter = try state.withLock { state in
            guard state.name == nil else {
                throw GantryError(.alreadyExists, "the plugin has registered")
            }
            state.name = name
            state.version = String(decoding: request.nriVersion.utf8.prefix(64), as: UTF8.self)
            return state.waiter.take()
        }
        waiter?.resume()
    }

    private func update(_ request: UpdateContainersRequest) async throws
        -> UpdateContainersResponse
    {
        guard let plugin = state.withLock({ $0.plugin }) else {
            throw GantryError(.failedPrecondition, "the plugin has not registered")
        }
        var merge = UpdateMerge()
        try merge.add(request.update, plugin.name)
        let failures = await manager.backend.update(merge.updates)
        for (update, error) in failures {
            manager.backend.log(
                .warning, "plugin \(plugin.name): update \(update.containerId): \(error)")
        }
        await manager.backend.evict(request.evict, plugin: "plugin \(plugin.name)")
        return UpdateContainersResponse(failed: failures.map(\.0))
    }

    func connectionEnded() {
        let waiter = state.withLock { state in
            state.isOver = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Takes the connection in as a plugin, or closes it and says why.
    func admit(_ connection: PluginConnection) async {
        let limit = manager.settings.registrationLimit
        let alarm = Alarm.after(limit) {
            if self.state.withLock({ $0.plugin?.isSynchronized != true }) {
                connection.close("it has not registered within \(limit)")
            }
        }
        defer { alarm.cancel() }
        do { try await introduce(connection) } catch {
            connection.close("\(error)")
        }
    }

    private func introduce(_ connection: PluginConnection) async throws {
        await registered()
        guard let (name, version) = state.withLock({ s in s.name.map { ($0, s.version) } }) else {
            return
        }
        let plugin = Plugin(
            index: name.index, base: name.base, version: version, connection: connection,
            isLaunched: program != nil, limit: manager.settings.requestLimit)
        try await configure(plugin)
        await manager.backend.prepare()
        plugin.beginSynchronizing()
        state.withLock { $0.plugin = plugin }
        let known = manager.join(plugin)
        do {
            let updates = try await synchronize(plugin, known.pods, known.containers)
            plugin.endSynchronizing()
            manager.backend.log(
                .info,
                "plugin \(plugin.name) registered for \(plugin.events.names.joined(separator: ", "))"
            )
            for (update, error) in await manager.backend.update(updates) {
                manager.backend.log(
                    .warning, "plugin \(plugin.name): update \(update.containerId): \(error)")
            }
        } catch {
            plugin.drop("it cannot be synchronized: \(error)")
            plugin.endSynchronizing()
        }
    }

    private func registered() async {
        await withCheckedContinuation { waiter in
            let isKnown = state.withLock { state in
                if state.name != nil || state.isOver { return true }
                state.waiter = waiter
                return false
            }
            if isKnown { waiter.resume() }
        }
    }

    private func configure(_ plugin: Plugin) async throws {
        let settings = manager.settings
        let request = ConfigureRequest(
            config: program?.configuration ?? "", runtimeName: settings.runtimeName,
            runtimeVersion: settings.runtimeVersion,
            registrationTimeout: Int64(clamping: settings.registrationLimit / .milliseconds(1)),
            requestTimeout: Int64(clamping: settings.requestLimit / .milliseconds(1)),
            nriVersion: NRISettings.protocolVersion)
        let answer: ConfigureResponse = try Bytes.decode(
            try await plugin.connection.call(
                "Configure", Bytes.of(request), within: settings.registrationLimit))
        guard let events = EventSet(answer.events) else {
            throw GantryError(
                .invalidArgument, "the events \(answer.events) that it wants are unknown")
        }
        plugin.subscribe(events)
    }

    /// In as many requests as it takes for none to be larger than a frame.
    private func synchronize(
        _ plugin: Plugin, _ pods: [PodSandbox], _ containers: [EncodedContainer]
    ) async throws -> [ContainerUpdate] {
        let parts = SynchronizeParts(pods, containers).requests
        for (index, part) in parts.enumerated() {
            let answer: SynchronizeResponse = try Bytes.decode(
                try await plugin.connection.call(
                    "Synchronize", part, within: manager.settings.registrationLimit))
            if index == parts.count - 1 { return try merged(answer.update, plugin) }
            guard answer.more, answer.update.isEmpty else {
                throw GantryError(
                    .unimplemented, "the plugin does not take Synchronize in parts")
            }
        }
        return []
    }

    private func merged(
        _ updates: [ContainerUpdate], _ plugin: Plugin
    ) throws -> [ContainerUpdate] {
        var merge = UpdateMerge()
        try merge.add(updates, plugin.name)
        return merge.updates
    }

    /// The connection has ended, for whatever reason.
    func leave(_ connection: PluginConnection) {
        let plugin = state.withLock { $0.plugin }
        if let plugin { manager.leave(plugin) }
        let name =
            plugin?.name ?? program?.name.file ?? state.withLock { $0.name?.file } ?? "unknown"
        if let failure = connection.failure {
            manager.backend.log(.warning, "plugin \(name) is dropped: \(failure)")
        } else if plugin != nil {
            manager.backend.log(.info, "plugin \(name) has gone")
        }
    }
}

/// Pods and containers as the requests of one synchronization, encoded.
struct SynchronizeParts {
    private(set) var requests: [[UInt8]] = []

    /// Bytes of messages in one request; well below what a frame takes.
    private static let most = 2 << 20
    /// Of the fields of SynchronizeRequest (Proto/nri.proto).
    private static let (pod, container) = (1, 2)

    init(_ pods: [PodSandbox], _ containers: [EncodedContainer]) {
        var part: [UInt8] = []
        for pod in pods { append(Self.pod, Bytes.of(pod), to: &part) }
        for container in containers { append(Self.container, container.bytes, to: &part) }
        requests.append(part)
    }

    private mutating func append(_ field: Int, _ message: [UInt8], to part: inout [UInt8]) {
        if part.count + message.count > Self.most {
            requests.append(part + Bytes.of(SynchronizeRequest(more: true)))
            part = []
        }
        part.append(field: field, message)
    }
}
