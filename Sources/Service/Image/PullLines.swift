/// When the log says how far a pull is: after a second, and then after pauses that double up to a
/// minute, so that an hour's pull is no hour of lines; and of all pulls together one line a second.
struct PullLines {
    private static let second: Int64 = 1_000_000_000
    private static let longestPause = 60 * second

    private struct Schedule {
        var next: Int64
        var pause: Int64
    }

    private var schedules: [Int: Schedule] = [:]
    private var nextOfAny = Int64.min

    /// Whether a line is written now. Times are nanoseconds.
    mutating func isDue(_ pull: Int, since begin: Int64, now: Int64) -> Bool {
        let schedule = schedules[pull] ?? Schedule(next: begin + Self.second, pause: Self.second)
        guard now >= schedule.next, now >= nextOfAny else { return false }
        nextOfAny = now + Self.second
        schedules[pull] = Schedule(
            next: now + schedule.pause, pause: min(2 * schedule.pause, Self.longestPause))
        return true
    }

    /// - Returns: whether there was a line about it.
    mutating func forget(_ pull: Int) -> Bool {
        schedules.removeValue(forKey: pull) != nil
    }
}
