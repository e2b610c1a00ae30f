internal import Dispatch

/// Where calls that block the thread go (mount, fsync, posix_spawn, libcurl), so that the
/// concurrency pool, which has one thread a core, never waits for I/O.
public enum Blocking {
    /// Runs `body` on a thread of its own kind. It runs to its end even when the task is cancelled:
    /// a system call that has begun cannot be taken back.
    public static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        // A queue a call: a serial queue gets a thread at once. One concurrent queue has as many
        // threads as there are cores, and libdispatch looks for blocked ones once a second only.
        let queue = DispatchQueue(label: "gantry.blocking")
        // Not a checked one: it is resumed once as this stands, and by the runtime's own code for
        // checked ones ThreadSanitizer loses the order of two threads (Tests/ThreadSanitizer).
        return try await withUnsafeThrowingContinuation { continuation in
            queue.async { continuation.resume(with: .init(catching: body)) }
        }
    }
}
