internal import CRI
internal import Glibc
internal import Model
internal import Text

/// Follows a pull on a terminal, by asking the daemon how far it is. Elsewhere nothing is shown: a
/// log has no use for bars.
struct PullDisplay {
    let client: DaemonClient
    let image: String

    private static let interval = Duration.milliseconds(200)

    /// Runs `body` with the bars on standard error, which they are on until it ends.
    func show<Result: Sendable>(
        during body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result? {
        guard isatty(STDERR_FILENO) == 1 else { return try await body() }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try? await follow()
                return nil
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let ended { return ended }
            }
            return nil
        }
    }

    private func follow() async throws {
        var drawn = 0
        while true {
            try await Task.sleep(for: Self.interval)
            let listed = try await client.call(GantryMethods.listPulls, ListPullsRequest())
            guard let pull = listed.pulls.first(where: { $0.image == image }) else { continue }
            let bars = PullBars(pull)
            // A terminal that is gone is no reason to end the pull.
            let text = Array(bars.text(over: drawn).utf8)
            _ = write(STDERR_FILENO, text, text.count)
            drawn = bars.lines.count
        }
    }
}
