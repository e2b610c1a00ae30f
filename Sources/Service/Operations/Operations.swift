internal import Model
internal import Synchronization

/// Operations that go on when their caller goes away, each under the identity that the kubelet
/// retries with: a retry joins the operation under way and gets its result.
final class Operations: Sendable {
    /// What an operation is about. Two requests with equal keys are never under way at once.
    enum Key: Hashable, Sendable {
        case runSandbox(name: String)
        case stopSandbox(id: String)
        case removeSandbox(id: String)
        case createContainer(sandbox: String, name: String)
        case startContainer(id: String)
        case updateContainer(id: String)
        case removeContainer(id: String)
        case cleanUpContainer(id: String)
        case pullImage(PullImage.Identity)
        case importImages(path: String, name: String)
    }

    private struct Running: Sendable {
        let request: any Hashable & Sendable
        let latch: any Sendable
        let done: Latch<Void>
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

    /// Waits until no operation whose key fits is under way, without caring for its result.
    func settle(_ fits: (Key) -> Bool) async throws {
        let pending = running.withLock { running in
            running.filter { fits($0.key) }.map(\.value.done)
        }
        for done in pending { try await done.wait() }
    }

    /// How many go on now, by what they do.
    var underWay: [String: UInt64] {
        running.withLock { running in
            running.keys.reduce(into: [:]) { $0[$1.stage, default: 0] += 1 }
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
                else { throw GantryError(.alreadyExists, "a different request runs for \(key)") }
                return (latch, false)
            }
            let latch = Latch<Outcome<Response>>()
            running[key] = Running(request: request, latch: latch, done: Latch())
            return (latch, true)
        }
        if isNew {
            let (asked, call) = (ContinuousClock.now, CallContext.current)
            nursery.start {
                let outcome = await CallContext.$current.withValue(call) {
                    await Self.$askedAt.withValue(asked) { await Self.outcome(of: body) }
                }
                let entry = self.running.withLock { $0.removeValue(forKey: key) }
                latch.open(outcome)
                entry?.done.open(())
            }
        }
        return latch
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
        case .startContainer: "start_container"
        case .updateContainer: "update_container"
        case .removeContainer: "remove_container"
        case .cleanUpContainer: "clean_up_container"
        case .pullImage: "pull_image"
        case .importImages: "import_images"
        }
    }
}
