internal import ImageProtocol
internal import Model
internal import System

/// Takes a transfer up where its connection broke.
enum Resuming {
    private static let mostAttempts = 4

    /// As much must have come for an attempt not to count: a registry that gives a byte each time would
    /// keep us for ever.
    private static let progress: UInt64 = 64 << 10

    /// Attempts count while little or nothing comes.
    /// - Parameter position: how many bytes there are.
    static func run(
        _ position: @Sendable () -> UInt64, _ transfer: @Sendable (UInt64) async throws -> Void
    ) async throws {
        var attempts = 0
        while true {
            let start = position()
            do {
                return try await transfer(start)
            } catch let error as TransferError {
                attempts = position() - start >= progress ? 1 : attempts + 1
                if attempts >= mostAttempts { throw error }
                try await Alarm.sleep(for: .milliseconds(250 << attempts))
            }
        }
    }
}
