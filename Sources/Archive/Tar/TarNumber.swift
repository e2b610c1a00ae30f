/// The numbers in a tar's headers. None of them is believed before it fits its type.
enum TarNumber {
    /// A field of a header: octal digits among spaces and NULs (POSIX pax, "ustar Interchange
    /// Format"), or GNU's base-256, a two's complement number behind a set first bit. Empty is 0.
    static func field(_ bytes: some Collection<UInt8>) throws -> Int64 {
        guard let first = bytes.first, first & 0x80 != 0 else { return try octal(bytes) }
        let inversion: UInt8 = first & 0x40 == 0 ? 0 : 0xff
        var value: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            guard value >> 56 == 0 else { throw badTar("a number of more than 64 bits") }
            let digits = byte ^ inversion
            value = value << 8 | UInt64(index == 0 ? digits & 0x7f : digits)
        }
        guard let positive = Int64(exactly: value) else {
            throw badTar("a number of more than 64 bits")
        }
        return inversion == 0 ? positive : ~positive
    }

    static func octal(_ bytes: some Collection<UInt8>) throws -> Int64 {
        let isFill = { (byte: UInt8) in byte == 0 || byte == UInt8(ascii: " ") }
        var value: Int64 = 0
        var hasEnded = false
        for byte in bytes.drop(while: isFill) {
            if isFill(byte) {
                hasEnded = true
                // As a C string: what is behind a NUL does not count.
                if byte == 0 { break }
                continue
            }
            let (larger, overflow) = value.multipliedReportingOverflow(by: 8)
            guard !hasEnded, !overflow, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte)
            else { throw badTar("a header's number is not octal") }
            value = larger | Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// A decimal number of a pax record, with or without a sign.
    static func decimal(_ bytes: some Collection<UInt8>, _ what: String) throws -> Int64 {
        guard let value = Int64(String(decoding: bytes, as: UTF8.self)) else {
            throw badTar("\(what) is not a number")
        }
        return value
    }

    /// A decimal number that counts something.
    static func count(_ bytes: some Collection<UInt8>, _ what: String) throws -> UInt64 {
        let value = try decimal(bytes, what)
        guard value >= 0 else { throw badTar("\(what) is negative: \(value)") }
        return UInt64(value)
    }

    /// Seconds since 1970 with a fraction, of which nine digits count (POSIX pax, "mtime").
    static func time(_ bytes: [UInt8], _ what: String) throws -> TarTime {
        let parts = bytes.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let seconds = try decimal(parts[0], what)
        guard parts.count == 2 else { return TarTime(seconds: seconds, nanoseconds: 0) }
        var nanoseconds = 0
        for index in 0..<9 {
            let digit = parts[1].dropFirst(index).first ?? UInt8(ascii: "0")
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else {
                throw badTar("\(what) is not a number")
            }
            nanoseconds = nanoseconds * 10 + Int(digit - UInt8(ascii: "0"))
        }
        if bytes.first != UInt8(ascii: "-") || nanoseconds == 0 {
            return TarTime(seconds: seconds, nanoseconds: nanoseconds)
        }
        // -1.25 is three quarters after -2.
        let (earlier, overflow) = seconds.subtractingReportingOverflow(1)
        guard !overflow else { throw badTar("\(what) is not a time") }
        return TarTime(seconds: earlier, nanoseconds: 1_000_000_000 - nanoseconds)
    }
}

/// A moment as timespec(3) has it: the nanoseconds count forward.
struct TarTime: Equatable {
    var seconds: Int64
    /// 0 to 999,999,999.
    var nanoseconds = 0
}
