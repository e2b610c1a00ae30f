internal import Synchronization

/// How many calls took how long: the buckets of a Prometheus histogram.
public struct Histogram: Hashable, Sendable {
    /// Upper bounds in seconds; calls that took longer are in `count` alone.
    public static let bounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
    ]

    /// Calls up to each bound, those up to the lower ones included.
    public private(set) var cumulative = [UInt64](repeating: 0, count: bounds.count)
    public private(set) var count: UInt64 = 0
    /// Seconds.
    public private(set) var sum = 0.0

    public init() {}

    public mutating func observe(_ duration: Duration) {
        let seconds: Double = duration / .seconds(1)
        count += 1
        sum += seconds
        for index in Self.bounds.indices where seconds <= Self.bounds[index] {
            cumulative[index] += 1
        }
    }
}

/// A histogram for each set of labels.
public final class Durations: Sendable {
    private let histograms = Mutex<[[String]: Histogram]>([:])

    public init() {}

    public func observe(_ labels: [String], _ duration: Duration) {
        histograms.withLock { $0[labels, default: Histogram()].observe(duration) }
    }

    /// By the values of the labels.
    public var all: [[String]: Histogram] { histograms.withLock { $0 } }

    /// Runs `body` and notes what it took, with `ok` or `error` as the last label.
    public func measure<Result>(
        _ labels: String..., isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        let begin = ContinuousClock.now
        do {
            let result = try await body()
            observe(labels + ["ok"], begin.duration(to: .now))
            return result
        } catch {
            observe(labels + ["error"], begin.duration(to: .now))
            throw error
        }
    }
}

/// What this process has waited for the programs that it runs.
public enum ProgramDurations {
    /// Labels: plugin, command, outcome.
    public static let network = Durations()
    /// Labels: handler, command, outcome.
    public static let runtime = Durations()
}
