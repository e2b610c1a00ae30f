/// Tars whose headers and pax records say each extreme, with checksums that are right.
enum TarExtremes {
    private static let block = 512
    /// Where the fields of a ustar header are (pax(1), "ustar Interchange Format").
    static let fields: [Range<Int>] = [
        0..<100, 100..<108, 108..<116, 116..<124, 124..<136, 136..<148, 156..<157, 157..<257,
        257..<265, 265..<297, 297..<329, 329..<337, 337..<345, 345..<500,
    ]
    private static let checksum = 148..<156

    static let keys = [
        "size", "uid", "gid", "mtime", "atime", "ctime", "path", "linkpath", "uname", "gname",
        "hdrcharset", "charset", "comment", "SCHILY.realsize", "SCHILY.dev", "SCHILY.ino",
        "SCHILY.nlink", "SCHILY.devmajor", "SCHILY.devminor", "SCHILY.fflags",
        "SCHILY.acl.access", "SCHILY.xattr.user.a", "SCHILY.xattr.",
        "SCHILY.xattr.trusted.overlay.opaque",
        "LIBARCHIVE.xattr.user.a", "LIBARCHIVE.creationtime", "LIBARCHIVE.symlinktype",
        "RHT.security.selinux", "GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.name",
        "GNU.sparse.realsize", "GNU.sparse.size", "GNU.sparse.numblocks", "GNU.sparse.offset",
        "GNU.sparse.numbytes", "GNU.sparse.map", "SUN.holesdata", "MSWINDOWS.rawsd",
    ]

    static func variants(of tar: [UInt8]) -> [[UInt8]] {
        headers(tar).flatMap { fieldVariants(tar, at: $0) } + paxVariants(tar) + sizes(tar)
    }

    static func headers(_ tar: [UInt8]) -> [Int] {
        stride(from: 0, to: max(0, tar.count - block + 1), by: block).filter {
            tar[$0 + 257..<$0 + 262].elementsEqual("ustar".utf8)
        }
    }

    private static func fieldVariants(_ tar: [UInt8], at start: Int) -> [[UInt8]] {
        fields.flatMap { field -> [[UInt8]] in
            values(field.count).map { value in
                var changed = tar
                for (offset, byte) in value.enumerated() {
                    changed[start + field.lowerBound + offset] = byte
                }
                seal(&changed, at: start)
                return changed
            }
        }
    }

    /// Octal and base-256 numbers of a field's length, and what is none.
    static func values(_ length: Int) -> [[UInt8]] {
        let all = { (byte: UInt8) in [UInt8](repeating: byte, count: length) }
        let big = { (first: UInt8, rest: UInt8) in
            [first] + [UInt8](repeating: rest, count: length - 1)
        }
        return [
            all(0), all(0x20), all(UInt8(ascii: "7")), all(UInt8(ascii: "9")), all(0xff), all(0x80),
            big(0x80, 0xff), big(0x80, 0x7f), big(0xff, 0), big(0xc0, 0),
            big(UInt8(ascii: "-"), 0x31),
            big(0x80, 0), all(UInt8(ascii: "/")), all(UInt8(ascii: ".")),
        ]
    }

    /// Every header's checksum.
    static func sealAll(_ tar: inout [UInt8]) {
        for header in headers(tar) { seal(&tar, at: header) }
    }

    /// The sum of a header's bytes, its own field as blanks.
    static func seal(_ tar: inout [UInt8], at start: Int) {
        guard start + block <= tar.count else { return }
        for index in checksum { tar[start + index] = 0x20 }
        let sum = tar[start..<start + block].reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        let text = String(repeating: "0", count: 6 - digits.utf8.count) + digits + "\0 "
        for (index, byte) in zip(checksum, text.utf8) { tar[start + index] = byte }
    }

    /// A pax header before everything, with each key and each extreme, global and not.
    private static func paxVariants(_ tar: [UInt8]) -> [[UInt8]] {
        let values = Extremes.numbers.map { Array($0.utf8) } + Extremes.texts
        let maps = ["0,7,9", "9223372036854775807,1", "-1,-1", "0,0,0,0", "5,18446744073709551615"]
        let records = keys.flatMap { key in
            (values + maps.map { Array($0.utf8) }).map { record(key, $0) }
        }
        let lengths = ["0", "-1", "5", "18446744073709551615", "99999999999999999999", "", "x"]
        let damaged = lengths.map { Array("\($0) path=a\n".utf8) }
        let places = places(tar)
        return (records + damaged + Array(twice.values)).flatMap { record in
            places.map { tar.replacing($0..<$0, with: pax(record)) }
        } + records.prefix(200).map { pax($0, type: "g") + tar }
    }

    /// Where a pax header belongs to a file, to a link and to a directory.
    private static func places(_ tar: [UInt8]) -> [Int] {
        "025".utf8.compactMap { type in headers(tar).first { tar[$0 + 156] == type } }
    }

    /// Records that contradict each other.
    private static let twice: [String: [UInt8]] = [
        "sizes": record("size", Array("1".utf8))
            + record("size", Array("9223372036854775807".utf8)),
        "sparse": record("GNU.sparse.major", [0x31]) + record("GNU.sparse.minor", [0x30])
            + record("GNU.sparse.realsize", Array("-7".utf8)) + record("GNU.sparse.name", [0x61]),
        "old sparse": record("GNU.sparse.size", Array("9223372036854775807".utf8))
            + record("GNU.sparse.numblocks", Array("4294967296".utf8))
            + record("GNU.sparse.offset", Array("-1".utf8))
            + record("GNU.sparse.numbytes", Array("9223372036854775807".utf8)),
        "both": record("SCHILY.realsize", Array("-7".utf8))
            + record("GNU.sparse.map", Array("0,9".utf8)),
    ]

    /// `LENGTH KEY=VALUE\n`, the length its own digits included.
    static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = [0x20] + Array(key.utf8) + [UInt8(ascii: "=")] + value + [0x0a]
        var length = rest.count
        while String(length).utf8.count + rest.count != length {
            length = String(length).utf8.count + rest.count
        }
        return Array(String(length).utf8) + rest
    }

    static func pax(_ records: [UInt8], type: Character = "x") -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        let put = { (text: String, offset: Int, header: inout [UInt8]) in
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        put("PaxHeader", 0, &header)
        put("0000644", 100, &header)
        put("0000000", 108, &header)
        put("0000000", 116, &header)
        let size = String(records.count, radix: 8)
        put(String(repeating: "0", count: 11 - size.utf8.count) + size, 124, &header)
        put("00000000000", 136, &header)
        put("\(type)", 156, &header)
        put("ustar\u{0}00", 257, &header)
        seal(&header, at: 0)
        let padding = [UInt8](repeating: 0, count: (block - records.count % block) % block)
        return header + records + padding
    }

    /// Cut short, and frames of gzip and zstd whose headers say each extreme.
    private static func sizes(_ tar: [UInt8]) -> [[UInt8]] {
        let cut = [0, 1, 100, 511, 512, 513, 1023].map { Array(tar.prefix($0)) }
        let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
        let content = Array(tar.prefix(20_000))
        let last = UInt32(content.count) << 3 | 1
        let raw =
            [
                UInt8(truncatingIfNeeded: last), UInt8(truncatingIfNeeded: last >> 8),
                UInt8(truncatingIfNeeded: last >> 16),
            ] + content
        let heads: [[UInt8]] = [
            [0x00, 0x58], [0x00, 0xff], [0x00, 0x00], [0xe0] + [UInt8](repeating: 0xff, count: 8),
            [0xe0] + [UInt8](repeating: 0, count: 8),
            [0xc0, 0xff] + [UInt8](repeating: 0x7f, count: 8),
            [0x03, 0x58, 0xff, 0xff, 0xff, 0xff], [0x08, 0x58], [0x10, 0x58], [0x04, 0x58],
        ]
        let skips: [[UInt8]] = [
            [0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff], [0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0],
        ]
        let gzip: [[UInt8]] = [0x00, 0x01, 0x04, 0x08, 0x10, 0x1f, 0xe0, 0xff].map { flags in
            [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3, 0xff, 0xff] + content
        }
        return cut + heads.map { frame + $0 + raw } + skips.map { $0 + frame + [0x00, 0x58] + raw }
            + gzip
    }
}
