internal import Kernel
internal import Model
public import OCI
internal import System
internal import Text

/// A runtime handler that was found to work.
struct WorkingHandler: Sendable {
    let runtime: Runtime
    var features: HandlerFeatures
    /// nil for a command line.
    var shim: ShimHandler?

    var name: String { runtime.handler.name }
    var networkDirectory: String { runtime.handler.defaults.networkDirectory }
    var needsInfra: Bool { runtime.handler.infra }

    /// Whether pods can have user namespaces.
    var hasUserNamespaces = false

    var message: Model.RuntimeHandlerFeatures {
        RuntimeHandlerFeatures(
            recursiveReadOnlyMounts: features.mountsRecursivelyReadOnly,
            userNamespaces: hasUserNamespaces)
    }
}

/// The handlers of a node, the default first, and why others are not among them.
struct Handlers: Sendable {
    private(set) var working: [WorkingHandler] = []
    private var failed: [(handler: Handler, reason: String)] = []
    /// The name of the configured default; empty: none is.
    private var preferred = ""
    /// All names, in the order in which one is the default where none is configured.
    private var order: [String] = []
    /// Whether they were named, and not just found.
    private var areConfigured = false

    var failures: [String] { failed.map { "\($0.handler.name): \($0.reason)" } }

    /// Whether the default is not there, or one does not work that is more than just found.
    var isIncomplete: Bool {
        standard == nil || areConfigured && failed.contains { !$0.handler.shim.isFound }
    }

    /// Of pods that name none. No other takes the place of a configured one, whose pods may need what it has;
    /// nor may a shim that is only there.
    var standard: WorkingHandler? {
        preferred.isEmpty
            ? working.first { !$0.runtime.handler.shim.isFound }
            : working.first { $0.name == preferred }
    }
    /// What was found out of all that work.
    private(set) var known = KnownAbilities()

    /// Runs all configured runtimes, so that only those that answer count.
    /// - Parameter limit: for all that is asked of one.
    static func probe(
        _ settings: Settings, _ paths: Paths, within limit: Duration = .seconds(60)
    ) async -> Handlers {
        let found = (try? await Blocking.run { settings.candidates }) ?? []
        let driver = settings.cgroupDriver ?? OCI.CgroupDriver.detect()
        let known = (try? await Blocking.run { KnownAbilities(file: paths.knownAbilities) })
        let answers = await answers(of: found, limit) { handler in
            try await answer(of: handler, driver, known ?? KnownAbilities(), settings, paths)
        }
        var handlers = Handlers()
        (handlers.preferred, handlers.areConfigured) = (
            settings.defaultHandler, !settings.handlers.isEmpty
        )
        handlers.order = found.map(\.name)
        handlers.known = KnownAbilities(answers.compactMap { try? $0.get().probed })
        for (candidate, answer) in zip(found, answers) {
            do {
                let (shim, probed) = try answer.get()
                var features = probed.features
                if !Mounts.canChangeTrees { features.mountOptions.remove("rro") }
                let runtime = Runtime(
                    probed.handler, cgroupDriver: driver, scratch: paths.scratch,
                    execProgram: settings.execProgram,
                    limit: .clamped(seconds: Int64(settings.runtimeLimit)))
                handlers.working.append(
                    WorkingHandler(runtime: runtime, features: features, shim: shim))
            } catch {
                handlers.failed.append((candidate, "\(error)"))
            }
        }
        handlers.sort()
        return handlers
    }

    private typealias Found = (shim: ShimHandler?, probed: ProbedHandler)
    private typealias Answer = Result<Found, any Error>

    /// Of all at the same time: a start of the daemon waits for the slowest alone.
    private static func answers(
        of handlers: [Handler], _ limit: Duration,
        _ ask: @escaping @Sendable (Handler) async throws -> Found
    ) async -> [Answer] {
        await withTaskGroup(of: (handler: Handler, answer: Answer).self) { group in
            for handler in handlers {
                group.addTask {
                    do {
                        let found = try await withDeadline(limit, handler.path) {
                            try await ask(handler)
                        }
                        return (handler, .success(found))
                    } catch { return (handler, .failure(error)) }
                }
            }
            var answers: [Handler: Answer] = [:]
            for await each in group { answers[each.handler] = each.answer }
            return handlers.compactMap { answers[$0] }
        }
    }

    private static func answer(
        of handler: Handler, _ driver: OCI.CgroupDriver, _ known: KnownAbilities,
        _ settings: Settings, _ paths: Paths
    ) async throws -> Found {
        if handler.isShim {
            let limit = Duration.clamped(seconds: Int64(settings.runtimeLimit))
            return try await ShimHandler.probe(handler, driver, paths, limit: limit)
        }
        return (nil, try await handler.probe(driver: driver, known: known))
    }

    /// Makes the directories where they keep their state: one that has none does not work. Blocks the
    /// thread.
    func withRoots() -> Handlers {
        var made = self
        made.working = working.filter { handler in
            do {
                try Files.makeDirectories(handler.runtime.handler.root, mode: 0o700)
                return true
            } catch {
                made.failed.append((handler.runtime.handler, "root: \(error)"))
                return false
            }
        }
        return made
    }

    /// So that the next daemon need not try the same programs again. Without the file it does.
    func remember(_ paths: Paths) async {
        try? await Blocking.run {
            guard !known.isSame(as: KnownAbilities(file: paths.knownAbilities)) else { return }
            try known.write(paths.knownAbilities)
        }
    }

    /// Where kernel and file system can show files with other IDs. Sandboxes with a kernel of their
    /// own have no use for that.
    mutating func allowUserNamespaces() {
        for index in working.indices {
            working[index].hasUserNamespaces = !working[index].needsInfra
        }
    }

    /// Adds those whose names are not among those that work.
    mutating func keep(_ others: [WorkingHandler]) {
        let names = Set(working.map(\.name))
        working += others.filter { !names.contains($0.name) }
        let kept = Set(working.map(\.name))
        failed.removeAll { kept.contains($0.handler.name) }
        sort()
    }

    /// The default first; those that are not named any more come last.
    private mutating func sort() {
        let all = working
        func named(_ name: String) -> [WorkingHandler] { all.filter { $0.name == name } }
        let names = [preferred] + order.filter { $0 != preferred }
        working = names.flatMap(named) + all.filter { !names.contains($0.name) }
    }

    /// Where each runtime keeps what it knows, by the handler's name.
    var roots: [String: String] {
        let commands = working.filter { $0.shim == nil }
        return Dictionary(commands.map { ($0.name, $0.runtime.handler.root) }) { first, _ in first }
    }

    /// The handler that a RuntimeClass names; the empty name is the default.
    /// - Throws: `invalidArgument` for an unknown one, `failedPrecondition` for one that does not work.
    func named(_ name: String) throws -> WorkingHandler {
        let found = name.isEmpty ? standard : working.first { $0.name == name }
        if let found { return found }
        let wanted = name.isEmpty ? preferred : name
        if let reason = failed.first(where: { $0.handler.name == wanted })?.reason {
            throw GantryError(
                .failedPrecondition,
                "runtime_handler: the runtime handler \"\(wanted)\" does not work: \(reason)")
        }
        let names = working.map(\.name).joined(separator: ", ")
        throw GantryError(
            .invalidArgument,
            "runtime_handler: there is no runtime handler \"\(wanted)\"; there are: \(names)")
    }

    /// Why pods that name no handler cannot run; nil when they can.
    var lack: String? {
        guard standard == nil else { return nil }
        let what =
            preferred.isEmpty
            ? "no OCI runtime was found to work"
            : "the default runtime handler \"\(preferred)\" does not work, or is not there"
        return failures.isEmpty ? what : "\(what): \(failures.joined(separator: "; "))"
    }
}

extension Handler {
    /// With the path of a program that is named without one.
    fileprivate var located: Handler {
        var handler = self
        if !path.has("/") { handler.path = Runtimes.program(path) ?? path }
        return handler
    }
}

extension Settings {
    /// The handlers that are configured; without any, those whose programs are found.
    /// After these, shims that are found: none of them becomes the default by being there.
    fileprivate var candidates: [Handler] {
        let found = Runtimes.discover(runRoot: runRoot)
        var named = handlers.isEmpty ? found : handlers.map(\.located)
        // The default needs no table to be found.
        if !named.contains(where: { $0.name == defaultHandler }) {
            named += found.filter { $0.name == defaultHandler }
        }
        return named + InstalledShims.handlers(besides: named, runRoot: runRoot)
    }

    /// Blocks the thread.
    /// - Throws: `invalidArgument` when the default is none of them.
    func requireDefault() throws {
        if defaultHandler.isEmpty || candidates.contains(where: { $0.name == defaultHandler }) {
            return
        }
        throw GantryError(
            .invalidArgument, "default_runtime: there is no runtime handler \"\(defaultHandler)\"")
    }

    /// Those that pods can name, the default first, as they were found; one that does not work as it
    /// was configured.
    public var effectiveHandlers: [Handler] {
        get async {
            let probed = await Handlers.probe(self, Paths(root: root, runRoot: runRoot)).working
            let names = Set(probed.map(\.name))
            return probed.map(\.runtime.handler) + candidates.filter { !names.contains($0.name) }
        }
    }
}
