internal import System

/// The one scope in which work runs that outlives the call that asked for it: operations whose
/// caller's deadline passed, and the watching of monitors.
///
/// `run` returns when `close` was called and all work has ended, so nothing is left behind unseen.
public final class Nursery: Sendable {
    typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let queue: AsyncStream<Job>.Continuation

    public init() {
        (jobs, queue) = AsyncStream.makeStream(of: Job.self)
    }

    func start(_ job: @escaping Job) {
        queue.yield(job)
    }

    /// Runs a job, and waits for its end, but not longer than `patience`; it goes on in any case.
    /// - Returns: whether it has ended.
    func start(waiting patience: Duration, _ job: @escaping Job) async -> Bool {
        let done = Latch<Void>()
        start {
            await job()
            done.open(())
        }
        try? await withDeadline(patience, "a job") { try await done.wait() }
        return done.value != nil
    }

    /// Runs what is started, until `close`.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { await job() }
            }
        }
    }

    public func close() {
        queue.finish()
    }
}
