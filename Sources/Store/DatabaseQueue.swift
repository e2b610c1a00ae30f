internal import Dispatch
internal import Synchronization

/// A connection with a queue: writes wait for the disk, which the concurrency pool must not.
final class DatabaseQueue: Sendable {
    private let database: Mutex<Database>
    private let queue = DispatchQueue(label: "gantry.store")

    /// Blocks the thread.
    init(_ path: String) throws(SQLiteError) {
        database = Mutex(try Database(path, .writing))
    }

    /// Runs one transaction on the caller's thread, which it blocks.
    func run<Result: Sendable>(
        _ synchronous: Database.Synchronous = .normal,
        _ body: @Sendable (Database) throws -> Result
    ) throws -> Result {
        try database.withLock { database in
            guard synchronous != .normal else { return try database.transaction(body) }
            try database.set(synchronous)
            defer { try? database.set(.normal) }
            return try database.transaction(body)
        }
    }

    /// Runs one transaction when it is its turn; it runs to its end even when the task is cancelled.
    func write<Result: Sendable>(
        _ synchronous: Database.Synchronous,
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await withUnsafeThrowingContinuation { continuation in
            // The caller holds it: held here too, it would be closed some time after its owner went.
            queue.async { [unowned self] in
                let outcome = Swift.Result { try run(synchronous, body) }
                continuation.resume(with: outcome)
            }
        }
    }
}
