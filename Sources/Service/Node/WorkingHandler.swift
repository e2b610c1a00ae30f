internal import Kernel
internal import Model
internal import OCI
internal import System

/// A runtime handler that was found to work.
struct WorkingHandler: Sendable {
    let runtime: Runtime
    var features: HandlerFeatures

    var name: String { runtime.handler.name }
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

    /// Runs all configured runtimes, so that only those that answer count.
    static func probe(_ settings: Settings, _ paths: Paths) async -> Handlers {
        let found =
            settings.handlers.isEmpty
            ? await Runtimes.discover(runRoot: settings.runRoot) : settings.handlers
        let driver = settings.cgroupDriver ?? CgroupDriver.detect()
        var handlers = Handlers()
        for (candidate, answer) in zip(found, await answers(of: found)) {
            do {
                var features = try answer.get()
                if !Mounts.canChangeTrees { features.mountOptions.remove("rro") }
                let runtime = Runtime(
                    candidate, cgroupDriver: driver, scratch: paths.scratch,
                    execProgram: settings.execProgram,
                    limit: .clamped(seconds: Int64(settings.runtimeLimit)))
                handlers.working.append(WorkingHandler(runtime: runtime, features: features))
            } catch {
                handlers.failures.append("\(candidate.name): \(error)")
            }
        }
        handlers.putFirst(settings.defaultHandler)
        return handlers
    }

    private typealias Answer = Result<HandlerFeatures, any Error>

    /// Of all at the same time: a start of the daemon waits for the slowest alone.
    private static func answers(of handlers: [Handler]) async -> [Answer] {
        await withTaskGroup(of: (handler: Handler, answer: Answer).self) { group in
            for handler in handlers {
                group.addTask { (handler, await answer(of: handler)) }
            }
            var answers: [Handler: Answer] = [:]
            for await each in group { answers[each.handler] = each.answer }
            return handlers.compactMap { answers[$0] }
        }
    }

    private static func answer(of handler: Handler) async -> Answer {
        do { return .success(try await handler.probe()) } catch { return .failure(error) }
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

    private mutating func putFirst(_ name: String) {
        guard let index = working.firstIndex(where: { $0.name == name }) else { return }
        working.insert(working.remove(at: index), at: 0)
    }

    /// Where each runtime keeps what it knows, by the handler's name.
    var roots: [String: String] {
        Dictionary(working.map { ($0.name, $0.runtime.handler.root) }) { first, _ in first }
    }

    /// The handler that a RuntimeClass names; the empty name is the default.
    /// - Throws: `invalidArgument` for an unknown one.
    func named(_ name: String) throws -> WorkingHandler {
        let found = name.isEmpty ? working.first : working.first { $0.name == name }
        guard let found else {
            let names = working.map(\.name).joined(separator: ", ")
            throw GantryError(
                .invalidArgument,
                "runtime_handler: there is no runtime handler \"\(name)\"; there are: \(names)")
        }
        return found
    }
}
