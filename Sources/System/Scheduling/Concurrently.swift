extension Sequence where Element: Sendable {
    /// Runs `body` for each element, for `limit` of them at a time.
    /// - Throws: the first error, when all that had begun has ended; what had not begun is not run.
    public func concurrently(
        atMost limit: Int, _ body: @escaping @Sendable (Element) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, element) in enumerated() {
                if number >= limit { try await group.next() }
                group.addTask { try await body(element) }
            }
            try await group.waitForAll()
        }
    }
}
