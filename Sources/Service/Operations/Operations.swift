internal import CRI
internal import Model
internal import Synchronization
internal import System

/// Operations that go on when their caller goes away, each under the identity that the kubelet
/// retries with: a retry joins the operation under way and gets its result.
final class Operations: Sendable {
    /// What an operation is about. Two requests with equal keys are never under way at once.
    enum Key: Hashable, Sendable {
        case runSandbox(name: String)
        case stopSandbox(id: String)
        case removeSandbox(id: String)
        case createContainer(sandbox: String, name: String)
        case recoverContainers(sandbox: String)
        case startContainer(id: String)
        case updateContainer(id: String)
        /// The change itself, whoever asks for it.
        case changeLimits(id: String)
        case removeContainer(id: String)
        case cleanUpContainer(id: String)
        case checkpointContainer(id: String)
        case pullImage(PullImage.Identity)
        case importImages(path: String, name: String)
    }

    private struct Running: Sendable {
        let request: any Hashable & Sendable
        let latch: any Sendable
        let done: Latch<Void>
        let begun = ContinuousClock.now
    }

    /// When the operation that the task runs was asked for.
    @TaskLocal static var askedAt: ContinuousClock.Instant?

    private let nursery: Nursery
    private let running = Mutex<[Key: Running]>([:])

    init(_ nursery: Nursery) {
        self.nursery = nursery
    }

    /// Runs `body`, or joins the equal request that is under way, and waits for the result.
    ///
    /// - Throws: what `body` throws; `GantryError.deadlineExceeded` when the caller goes away first
    ///   (the operation goes on); `alreadyExists` when another request holds the key.
    func join<Request: Hashable & Sendable, Response: Sendable>(
        _ key: Key, _ request: Request,
        _ body: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        let latch = try enter(key, request, body)
        do {
            return try await latch.wait().get()
        } catch is CancellationError {
            throw GantryError(
                .deadlineExceeded, "the caller went away; the operation goes on: \(key)")
        }
    }

    /// Joins whatever is under way for `key`, or starts `body`.
    func join<Response: Sendable>(
        _ key: Key, _ body: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        try await join(key, 0, body)
    }

    /// Runs `body` once nothing else is under way for `key`, in no particular order.
    func inTurn<Response: Sendable>(
        _ key: Key, _ body: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        while true {
            try await settle { $0 == key }
            guard let latch = start(key, body) else { continue }
            return try await latch.wait().get()
        }
    }

    /// Waits until no operation whose key fits is under way, without caring for its result.
    func settle(_ fits: (Key) -> Bool) async throws {
        let pending = running.withLock { running in
            running.filter { fits($0.key) }.map(\.value.done)
        }
        for done in pending { try await done.wait() }
    }

    func isUnderWay(_ key: Key) -> Bool { running.withLock { $0[key] != nil } }

    /// How many go on now, by what they do.
    var underWay: [String: UInt64] {
        running.withLock { running in
            running.keys.reduce(into: [:]) { $0[$1.stage, default: 0] += 1 }
        }
    }

    /// What goes on now and for how long, the longest first.
    var described: [String] {
        let all = running.withLock { running in running.map { ($0.key, $0.value.begun) } }
        return all.sorted { $0.1 < $1.1 }.map { key, begun in
            "\(key.stage) \(key.subject) for \(begun.duration(to: .now).components.seconds) s"
        }
    }

    private typealias Outcome<Response> = Result<Response, any Error>

    private func enter<Request: Hashable & Sendable, Response: Sendable>(
        _ key: Key, _ request: Request,
        _ body: @escaping @Sendable () async throws -> Response
    ) throws -> Latch<Outcome<Response>> {
        let (latch, isNew) = try running.withLock { running in
            if let other = running[key] {
                guard AnyHashable(other.request) == AnyHashable(request),
                    let latch = other.latch as? Latch<Outcome<Response>>
                else { throw Self.refusal(key, other.request, request) }
                return (latch, false)
            }
            let latch = Latch<Outcome<Response>>()
            running[key] = Running(request: request, latch: latch, done: Latch())
            return (latch, true)
        }
        if isNew { run(key, latch, body) }
        return latch
    }

    /// Nil when something is under way for `key`.
    private func start<Response: Sendable>(
        _ key: Key, _ body: @escaping @Sendable () async throws -> Response
    ) -> Latch<Outcome<Response>>? {
        let latch = Latch<Outcome<Response>>()
        let isFree = running.withLock { running in
            guard running[key] == nil else { return false }
            running[key] = Running(request: 0, latch: latch, done: Latch())
            return true
        }
        if isFree { run(key, latch, body) }
        return isFree ? latch : nil
    }

    private func run<Response: Sendable>(
        _ key: Key, _ latch: Latch<Outcome<Response>>,
        _ body: @escaping @Sendable () async throws -> Response
    ) {
        let (asked, call) = (ContinuousClock.now, CallContext.current)
        nursery.start {
            let outcome = await CallContext.$current.withValue(call) {
                await Self.$askedAt.withValue(asked) { await Self.outcome(of: body) }
            }
            let entry = self.running.withLock { $0.removeValue(forKey: key) }
            latch.open(outcome)
            entry?.done.open(())
            ProgramCode.unmapSoon()
        }
    }

    private static func refusal(_ key: Key, _ running: Any, _ asked: Any) -> GantryError {
        var difference = "the request is another"
        if let running = running as? any Message, let asked = asked as? any Message {
            difference = Difference.text(running.json(), asked.json())
        }
        return GantryError(.alreadyExists, "a different request runs for \(key): \(difference)")
    }

    private static func outcome<Response: Sendable>(
        of body: @Sendable () async throws -> Response
    ) async -> Outcome<Response> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}

extension Operations.Key {
    /// What the operation does, without what it does it to.
    var stage: String {
        switch self {
        case .runSandbox: "run_sandbox"
        case .stopSandbox: "stop_sandbox"
        case .removeSandbox: "remove_sandbox"
        case .createContainer: "create_container"
        case .recoverContainers: "recover_containers"
        case .startContainer: "start_container"
        case .updateContainer: "update_container"
        case .changeLimits: "change_limits"
        case .removeContainer: "remove_container"
        case .cleanUpContainer: "clean_up_container"
        case .checkpointContainer: "checkpoint_container"
        case .pullImage: "pull_image"
        case .importImages: "import_images"
        }
    }
}

extension Operations.Key {
    /// What the operation does something to.
    fileprivate var subject: String {
        switch self {
        case .runSandbox(let name): name
        case .stopSandbox(let id), .removeSandbox(let id), .startContainer(let id),
            .updateContainer(let id), .changeLimits(let id), .removeContainer(let id),
            .cleanUpContainer(let id), .checkpointContainer(let id):
            id
        case .createContainer(let sandbox, let name): "\(name) of \(sandbox)"
        case .recoverContainers(let sandbox): sandbox
        case .pullImage(let identity): identity.name
        case .importImages(let path, _): path
        }
    }
}
