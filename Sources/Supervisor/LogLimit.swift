internal import Glibc

/// How many lines of a container's output are logged in one second; the others are dropped and counted.
///
/// Each part of a long line counts as one, so that a line without an end is bounded too.
struct LogLimit {
    enum Verdict {
        case keep, drop
        /// The line has begun in the log: it is to be ended there, and the rest is dropped.
        case cut
    }

    private enum Line {
        case logged, dropped
    }

    let linesPerSecond: Int
    /// Lines that were dropped, in whole or in part, and not told of yet.
    private(set) var dropped = 0
    private var windowStart: Int64 = 0
    private var taken = 0
    /// What becomes of the unfinished line of each stream that has one.
    private var unfinished: [String: Line] = [:]

    /// - Returns: nil for a rate that is none: 0, or no number.
    init?(_ text: String) {
        guard let rate = Int(text), rate > 0 else { return nil }
        linesPerSecond = rate
    }

    /// - Parameter now: nanoseconds of a clock that never goes back.
    mutating func admit(_ entry: LogEntry, of stream: String, now: Int64) -> Verdict {
        let line = unfinished[stream]
        unfinished[stream] = entry.isFull ? nil : line
        if line == .dropped { return .drop }
        if now - windowStart >= 1_000_000_000 { (windowStart, taken) = (now, 0) }
        let isKept = taken < linesPerSecond
        if isKept { taken += 1 } else { dropped += 1 }
        if !entry.isFull { unfinished[stream] = isKept ? .logged : .dropped }
        return isKept ? .keep : line == .logged ? .cut : .drop
    }

    /// Whether an entry of `stream` would stand in the middle of a line.
    func isWithinLine(of stream: String) -> Bool { unfinished[stream] == .logged }

    /// What is to be told of the dropped lines; nil when there are none.
    mutating func takeNotice() -> [UInt8]? {
        if dropped == 0 { return nil }
        defer { dropped = 0 }
        return Array(
            "gantry: \(dropped) lines dropped, log_rate_limit is \(linesPerSecond) a second".utf8)
    }

    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
