internal import ImageProtocol
internal import Synchronization

/// Finds out whether a download waits for the line more than the line waits for us.
final class LineTrial: Sendable {
    private struct Measure {
        var begin: ContinuousClock.Instant?
        var busy = Duration.zero
        var bytes: UInt64 = 0
    }

    private let settings: LongLayers
    private let measure = Mutex(Measure())

    init(_ settings: LongLayers) {
        self.settings = settings
    }

    /// Takes a piece that came, by `body`.
    /// - Returns: whether the line was slow over the last bytes; false while they are too few to say.
    func isSlow(taking count: Int, _ body: () throws -> Void) rethrows -> Bool {
        let arrival = ContinuousClock.now
        try body()
        let end = ContinuousClock.now
        return measure.withLock { measure in
            let begin = measure.begin ?? arrival
            measure.begin = begin
            measure.busy += end - arrival
            measure.bytes += UInt64(count)
            if measure.bytes < settings.trial { return false }
            defer { measure = Measure(begin: end) }
            return (end - begin) - measure.busy >= (end - begin) * settings.idleShare
        }
    }
}
