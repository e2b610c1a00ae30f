internal import Glibc

/// A moment in the form of the CRI log: RFC 3339 with nanoseconds, in UTC.
struct Timestamp {
    let nanoseconds: Int64

    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// `2006-01-02T15:04:05.000000000Z`, for the years 1970 to 9999.
    var text: [UInt8] {
        let seconds = nanoseconds / 1_000_000_000
        let (year, month, day) = Self.date(ofDay: seconds / 86400)
        let second = seconds % 86400
        var text: [UInt8] = []
        text.reserveCapacity(30)
        for (number, digits, separator) in [
            (year, 4, "-"), (month, 2, "-"), (day, 2, "T"),
            (second / 3600, 2, ":"), (second / 60 % 60, 2, ":"), (second % 60, 2, "."),
            (nanoseconds % 1_000_000_000, 9, "Z"),
        ] as [(Int64, Int, Unicode.Scalar)] {
            Self.append(number, digits, to: &text)
            text.append(UInt8(separator.value))
        }
        return text
    }

    private static func append(_ number: Int64, _ digits: Int, to text: inout [UInt8]) {
        var power: Int64 = 1
        for _ in 1..<digits { power *= 10 }
        while power > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / power % 10))
            power /= 10
        }
    }

    /// The Gregorian date of a day since 1970-01-01. Years are counted from March, so that the leap
    /// day is the last of its year, and in cycles of 400 years, which all have 146,097 days.
    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let fromMarch0 = day + 719468
        let cycle = fromMarch0 / 146097
        let dayOfCycle = fromMarch0 % 146097
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36524 - dayOfCycle / 146096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
