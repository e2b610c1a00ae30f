internal import ImageProtocol
internal import Model
internal import Synchronization
internal import System

/// The processes that handle images: one for each pull under way. One that did its work well is kept for
/// some seconds, for the next.
public final class ImageWorkers: Sendable {
    fileprivate struct Idle {
        let worker: ImageWorker
        let user: WorkerUser
        let alarm: Alarm.Call
    }

    private let start: @Sendable (WorkerUser) async throws -> ImageWorker
    private let idleTime: Duration
    private let idle = Mutex<[Idle]>([])
    /// More pulls at once wait.
    private let places: Semaphore

    /// - Parameters:
    ///   - idleTime: how long one is kept that has nothing to do.
    ///   - most: how many there may be at once.
    ///   - start: starts one.
    public init(
        idleTime: Duration = .seconds(10), most: Int = 32,
        start: @escaping @Sendable (WorkerUser) async throws -> ImageWorker
    ) {
        self.idleTime = idleTime
        self.start = start
        places = Semaphore(most)
    }

    /// Runs `body` with a process that nobody else uses meanwhile. After an error it is ended: what it
    /// holds, and whether it still makes sense, is not known then.
    func lease<Result: Sendable>(
        as user: WorkerUser = .root, _ body: @Sendable (ImageWorker) async throws -> Result
    ) async throws -> Result {
        try await places.pass {
            let worker = try await take(user)
            do {
                let result = try await body(worker)
                try await worker.forget()
                keep(worker, user)
                return result
            } catch {
                await worker.kill()
                throw error
            }
        }
    }

    private func take(_ user: WorkerUser) async throws -> ImageWorker {
        while let found = idle.withLock({ $0.popLast(of: user) }) {
            found.alarm.cancel()
            if !found.worker.isGone { return found.worker }
        }
        return try await start(user)
    }

    private func keep(_ worker: ImageWorker, _ user: WorkerUser) {
        let alarm = Alarm.after(idleTime) { [self] in
            let isHere = idle.withLock { idle in
                let count = idle.count
                idle.removeAll { $0.worker === worker }
                return idle.count < count
            }
            if isHere { worker.hangUp() }
        }
        idle.withLock { $0.append(Idle(worker: worker, user: user, alarm: alarm)) }
    }
}

extension [ImageWorkers.Idle] {
    fileprivate mutating func popLast(of user: WorkerUser) -> Element? {
        lastIndex { $0.user == user }.map { remove(at: $0) }
    }
}
