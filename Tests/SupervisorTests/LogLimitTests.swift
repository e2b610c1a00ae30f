import Testing

@testable import Supervisor

@Suite struct LogLimitTests {
    private let full = LogEntry(text: 0..<1, isFull: true)
    private let part = LogEntry(text: 0..<1, isFull: false)
    private static let second: Int64 = 1_000_000_000

    @Test(arguments: ["", "0", "-1", "x", "9223372036854775808"])
    func noLimit(_ text: String) {
        #expect(LogLimit(text) == nil)
    }

    @Test func linesOfASecond() throws {
        var limit = try #require(LogLimit("2"))
        let verdicts = (0..<4).map { limit.admit(full, of: "stdout", now: 7 + $0) }
        #expect(verdicts == [.keep, .keep, .drop, .drop])
        #expect(limit.dropped == 2)
        #expect(limit.admit(full, of: "stdout", now: 7 + Self.second) == .keep)
        let notice = "gantry: 2 lines dropped, log_rate_limit is 2 a second"
        #expect(limit.takeNotice() == Array(notice.utf8))
        #expect(limit.takeNotice() == nil)
    }

    @Test func aLineThatIsCutIsEndedOnceAndCountedOnce() throws {
        var limit = try #require(LogLimit("1"))
        #expect(limit.admit(part, of: "stdout", now: 0) == .keep)
        #expect(limit.isWithinLine(of: "stdout") && !limit.isWithinLine(of: "stderr"))
        #expect(limit.admit(part, of: "stdout", now: 1) == .cut)
        // The next second is not to begin in the middle of a line.
        #expect(limit.admit(part, of: "stdout", now: 2 * Self.second) == .drop)
        #expect(limit.admit(full, of: "stdout", now: 2 * Self.second) == .drop)
        #expect(limit.dropped == 1)
        #expect(limit.admit(full, of: "stdout", now: 2 * Self.second) == .keep)
    }

    @Test func eachStreamHasItsOwnLine() throws {
        var limit = try #require(LogLimit("2"))
        #expect(limit.admit(part, of: "stdout", now: 0) == .keep)
        #expect(limit.admit(full, of: "stderr", now: 0) == .keep)
        #expect(limit.admit(full, of: "stderr", now: 0) == .drop)
        #expect(limit.admit(full, of: "stdout", now: 0) == .cut)
        #expect(limit.dropped == 2)
    }

    @Test func aContainersLogSaysWhatIsMissing() async throws {
        try await withPod(logRateLimit: 100) { pod in
            try await pod.run("c", "seq 5000; echo last >&2; sleep 1.1; echo later")
            _ = try await pod.exit(of: "c")
            let log = try pod.log("c.log")
            #expect(log.first?.text == "1" && log.last?.text == "later")
            let notices = log.filter { $0.text.hasPrefix("gantry: ") }
            let dropped = notices.compactMap { Int($0.text.split(separator: " ")[1]) }
            #expect(!dropped.isEmpty)
            // Every line is there or was counted.
            #expect(log.count - notices.count + dropped.reduce(0, +) == 5002)
        }
    }
}
