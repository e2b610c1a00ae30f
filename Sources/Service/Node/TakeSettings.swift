internal import Image
internal import Kernel
internal import Logging
internal import Model
internal import OCI
internal import Synchronization
internal import System

/// What can change while the daemon runs.
extension Node {
    /// As they count now: read each time that they are used.
    public var settings: Settings { live.withLock { $0 } }

    var handlers: Handlers { liveHandlers.withLock { $0 } }

    /// Read anew for each pull, so that a change counts at once.
    func registries() throws -> Registries { try Registries.load(settings) }

    /// Takes over settings that differ in what may change meanwhile.
    /// - Returns: what is to be said of them.
    /// - Throws: `GantryError` for what cannot be used; then nothing has changed.
    public func take(_ new: Settings) async throws -> [String] {
        try await Blocking.run {
            _ = try Registries.load(new)
            try new.requireDefault()
        }
        let old = settings
        let probesHandlers = !old.hasHandlers(of: new) || self.handlers.isIncomplete
        let handlers = probesHandlers ? try await probed(new) : nil
        live.withLock { live in
            live = new
            if let handlers { liveHandlers.withLock { $0 = handlers } }
        }
        guard let handlers else { return [] }
        tryHandlersAgain()
        let failures = handlers.failures.map { "runtime \($0)" }
        return ["runtimes are \(handlers.working.map(\.name).joined(separator: ", "))"] + failures
    }

    /// Handlers that went are kept as long as they have pods, which could not be ended without; where nothing
    /// was configured anew, all are that have worked: one may fail to answer for a moment.
    func probed(_ settings: Settings) async throws -> Handlers {
        let found = await Handlers.probe(settings, paths)
        var handlers = try await Blocking.run { found.withRoots() }
        if await rootFilesystems.canMapIDs() { handlers.allowUserNamespaces() }
        let used = Set(sandboxes.all.map(\.handler))
        let isSame = self.settings.hasHandlers(of: settings)
        handlers.keep(self.handlers.working.filter { isSame || used.contains($0.name) })
        return handlers
    }

    /// What is under way, for people: what is done, to what, and for how long now.
    public var operationsUnderWay: [String] { operations.described }

    public var socketPath: String { settings.socket }
}

extension Settings {
    /// Whether the same handlers are configured, and the same default.
    func hasHandlers(of other: Settings) -> Bool {
        handlers == other.handlers && defaultHandler == other.defaultHandler
    }
}
