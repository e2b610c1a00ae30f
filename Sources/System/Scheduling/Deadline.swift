internal import Model

/// Runs `body` until it ends or `limit` has passed; then it is cancelled, and once it has really
/// ended the error says what took too long.
/// - Throws: `GantryError` with code `deadlineExceeded`; what `body` throws.
public func withDeadline<Result: Sendable>(
    _ limit: Duration, _ doing: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Alarm.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw GantryError(.deadlineExceeded, "\(doing) took longer than \(limit)")
        }
        return result
    }
}
