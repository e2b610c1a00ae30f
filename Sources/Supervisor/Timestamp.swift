internal import Glibc

/// Time as the CRI log wants it: RFC 3339 with nanoseconds, in UTC.
enum Timestamp {
    /// Nanoseconds since 1970.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    static func append(_ time: Int64, to text: inout [UInt8]) {
        var seconds = time_t(time / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        digits(Int64(parts.tm_year) + 1900, 4, &text)
        for (mark, value) in [
            ("-", parts.tm_mon + 1), ("-", parts.tm_mday), ("T", parts.tm_hour),
            (":", parts.tm_min), (":", parts.tm_sec),
        ] as [(Unicode.Scalar, Int32)] {
            text.append(UInt8(ascii: mark))
            digits(Int64(value), 2, &text)
        }
        text.append(UInt8(ascii: "."))
        digits(time % 1_000_000_000, 9, &text)
        text.append(UInt8(ascii: "Z"))
    }

    private static func digits(_ value: Int64, _ count: Int, _ text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
