internal import Logging
internal import Synchronization
internal import System

/// What a multi-step operation must take back when a later step fails.
final class Undo: Sendable {
    private typealias Step = (name: String, run: @Sendable () async throws -> Void)

    private let steps = Mutex<[Step]>([])

    /// Call before the step when its failure may leave something behind, after it otherwise.
    func push(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
        steps.withLock { $0.append((name, run)) }
    }

    /// Runs `body`; when it fails, runs **all** steps, the last first, whatever any of them throws.
    /// - Parameter end: runs after them, and is told whether all of them went well.
    static func scope<Result>(
        _ log: Logger, _ body: (Undo) async throws -> Result,
        end: (_ isComplete: Bool) async -> Void = { _ in }
    ) async throws -> Result {
        let undo = Undo()
        do {
            return try await body(undo)
        } catch {
            await end(await undo.runAll(log))
            throw error
        }
    }

    private func runAll(_ log: Logger) async -> Bool {
        let all = steps.withLock { steps in
            defer { steps = [] }
            return steps
        }
        var isComplete = true
        for step in all.reversed() {
            do {
                try await step.run()
                failpoint("undo/step taken")
            } catch {
                log.warning("undo: \(step.name): \(error)")
                isComplete = false
            }
        }
        return isComplete
    }
}
