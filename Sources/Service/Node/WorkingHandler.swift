internal import Kernel
internal import Model
public import OCI
internal import System

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
    private(set) var failures: [String] = []
    /// The name of the configured default.
    private var preferred = ""

    /// Of pods that name none. A shim that is only there must not take over when the runtime that was
    /// the default fails.
    var standard: WorkingHandler? {
        working.first { $0.name == preferred || !$0.runtime.handler.shim.isFound }
    }
    /// What was found out of all that work.
    private(set) var known = KnownAbilities()

    /// Runs all configured runtimes, so that only those that answer count.
    static func probe(_ settings: Settings, _ paths: Paths) async -> Handlers {
        let found = (try? await Blocking.run { settings.candidates }) ?? []
        let driver = settings.cgroupDriver ?? OCI.CgroupDriver.detect()
        let known = (try? await Blocking.run { KnownAbilities(file: paths.knownAbilities) })
        let answers = await answers(of: found, driver, known ?? KnownAbilities(), settings, paths)
        var handlers = Handlers()
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
                handlers.failures.append("\(candidate.name): \(error)")
            }
        }
        handlers.putFirst(settings.defaultHandler)
        return handlers
    }

    private typealias Found = (shim: ShimHandler?, probed: ProbedHandler)
    private typealias Answer = Result<Found, any Error>

    /// Of all at the same time: a start of the daemon waits for the slowest alone.
    private static func answers(
        of handlers: [Handler], _ driver: OCI.CgroupDriver, _ known: KnownAbilities,
        _ settings: Settings, _ paths: Paths
    ) async -> [Answer] {
        await withTaskGroup(of: (handler: Handler, answer: Answer).self) { group in
            for handler in handlers {
                group.addTask {
                    (
                        handler,
                        await answer(of: handler, driver, known, settings, paths)
                    )
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
    ) async -> Answer {
        do {
            if handler.isShim {
                let limit = Duration.clamped(seconds: Int64(settings.runtimeLimit))
                return .success(try await ShimHandler.probe(handler, driver, paths, limit: limit))
            }
            return .success((nil, try await handler.probe(driver: driver, known: known)))
        } catch {
            return .failure(error)
        }
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

    /// Adds those whose names are not among them.
    mutating func keep(_ others: [WorkingHandler]) {
        let names = Set(working.map(\.name))
        working += others.filter { !names.contains($0.name) }
    }

    /// - Parameter name: of the configured default.
    private mutating func putFirst(_ name: String) {
        if let index = working.firstIndex(where: { $0.name == name }) {
            working.insert(working.remove(at: index), at: 0)
        }
        preferred = name
    }

    /// Where each runtime keeps what it knows, by the handler's name.
    var roots: [String: String] {
        let commands = working.filter { $0.shim == nil }
        return Dictionary(commands.map { ($0.name, $0.runtime.handler.root) }) { first, _ in first }
    }

    /// The handler that a RuntimeClass names; the empty name is the default.
    /// - Throws: `invalidArgument` for an unknown one.
    func named(_ name: String) throws -> WorkingHandler {
        let found = name.isEmpty ? standard : working.first { $0.name == name }
        guard let found else {
            let names = working.map(\.name).joined(separator: ", ")
            throw GantryError(
                .invalidArgument,
                "runtime_handler: there is no runtime handler \"\(name)\"; there are: \(names)")
        }
        return found
    }
}

extension Settings {
    /// The handlers that are configured; without any, those whose programs are found.
    /// After these, shims that are found: none of them becomes the default by being there.
    fileprivate var candidates: [Handler] {
        let named = handlers.isEmpty ? Runtimes.discover(runRoot: runRoot) : handlers
        return named + InstalledShims.handlers(besides: named, runRoot: runRoot)
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
