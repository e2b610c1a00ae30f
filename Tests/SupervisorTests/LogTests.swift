import Glibc
import Testing

@testable import Supervisor

@Suite struct LogTests {
    private func entries(_ text: [UInt8]) -> (lengths: [Int], full: [Bool], rest: Int) {
        text.withUnsafeBytes { bytes in
            var entries = LogEntries(bytes)
            var found: [LogEntry] = []
            while let entry = entries.next() { found.append(entry) }
            return (
                found.map(\.text.count), found.map(\.isFull), bytes.count - entries.position
            )
        }
    }

    @Test func linesAreFullEntriesAndTheRestWaits() {
        let (lengths, full, rest) = entries(Array("one\n\nthree\nfou".utf8))
        #expect(lengths == [3, 0, 5])
        #expect(full == [true, true, true])
        #expect(rest == 3)
        #expect(entries([]).rest == 0)
    }

    @Test(arguments: [
        (16383, true, [16383], [true], 0),
        (16384, true, [16384], [true], 0),
        (16385, true, [16384, 1], [false, true], 0),
        (32768, true, [16384, 16384], [false, true], 0),
        (32769, true, [16384, 16384, 1], [false, false, true], 0),
        (16384, false, [], [], 16384),
        (16385, false, [16384], [false], 1),
    ])
    func longLinesAreSplit(
        _ length: Int, _ newline: Bool, _ lengths: [Int], _ full: [Bool], _ rest: Int
    ) {
        let text = [UInt8](repeating: 0x78, count: length) + (newline ? [0x0a] : [])
        let found = entries(text)
        #expect(found.lengths == lengths)
        #expect(found.full == full)
        #expect(found.rest == rest)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (951_782_400, "2000-02-29T00:00:00.000000000Z"),
        (1_136_214_245, "2006-01-02T15:04:05.000000000Z"),
        (1_709_251_199, "2024-02-29T23:59:59.000000000Z"),
        (4_107_542_399, "2100-02-28T23:59:59.000000000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
    ])
    func timesAreOfTheGregorianCalendar(_ seconds: Int64, _ text: String) {
        let stamp = Timestamp(nanoseconds: seconds * 1_000_000_000)
        #expect(String(decoding: stamp.text, as: UTF8.self) == text)
    }

    @Test func everyDayThatNanosecondsCanTellAgreesWithTheCLibrary() throws {
        for day in 0...Int(Int64.max / 86_400_000_000_000) {
            var seconds = time_t(day) * 86400
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let text = String(
                decoding: Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000).text.prefix(10),
                as: UTF8.self)
            let fields = text.split(separator: "-").compactMap { Int32($0) }
            try #require(fields == [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday])
        }
    }

    @Test func nanosecondsKeepTheirZeros() {
        let stamp = Timestamp(nanoseconds: 1_136_214_245_000_070_009)
        #expect(String(decoding: stamp.text, as: UTF8.self) == "2006-01-02T15:04:05.000070009Z")
    }
}
