/// A member's headers as they are written: ustar's, and a pax header before it for what that has no room for
/// (POSIX pax, "ustar Interchange Format").
extension TarHeader {
    var bytes: [UInt8] {
        let records = paxRecords
        guard !records.isEmpty else { return block(name, type, size) }
        // A reader that knows nothing of holes must not take it for the file.
        let name = sparse == nil ? name : Array("GNUSparseFile.0/".utf8) + name.suffix(80)
        let content = sparse == nil ? self.size : stored
        // What a reader without pax would call it.
        let size = UInt64(records.count)
        return block(Array("PaxHeaders/".utf8) + name.suffix(80), UInt8(ascii: "x"), size)
            + records + Self.padding(size) + block(name, type, content)
    }

    /// Zeros up to the next block.
    static func padding(_ size: UInt64) -> [UInt8] {
        let rest = Int(size % UInt64(TarBlock.size))
        return rest == 0 ? [] : [UInt8](repeating: 0, count: TarBlock.size - rest)
    }

    private static let longestName = 100
    /// Seven octal digits, and eleven.
    private static let largestID: Int64 = 0o7_777_777
    private static let largestSize: UInt64 = 0o77_777_777_777

    private var paxRecords: [UInt8] {
        var records: [UInt8] = []
        func add(_ key: [UInt8], _ value: [UInt8]) { records += Self.record(key, value) }
        func add(_ key: String, _ value: String) { add(Array(key.utf8), Array(value.utf8)) }
        if sparse != nil {
            // GNU tar manual, "PAX Format, Versions 1.0 and above".
            add("GNU.sparse.major", "1")
            add("GNU.sparse.minor", "0")
            add(Array("GNU.sparse.name".utf8), name)
            add("GNU.sparse.realsize", "\(size)")
            if stored > Self.largestSize { add("size", "\(stored)") }
        } else if name.count > Self.longestName {
            add(Array("path".utf8), name)
        }
        if link.count > Self.longestName { add(Array("linkpath".utf8), link) }
        if sparse == nil, size > Self.largestSize { add("size", "\(size)") }
        if owner > Self.largestID { add("uid", "\(owner)") }
        if group > Self.largestID { add("gid", "\(group)") }
        if needsTime { add("mtime", timeText) }
        for (key, value) in extended { add(Array("SCHILY.xattr.".utf8) + key, value) }
        return records
    }

    private var needsTime: Bool {
        modified.nanoseconds != 0 || modified.seconds < 0
            || modified.seconds > Int64(Self.largestSize)
    }

    /// The nanoseconds of a TarTime count forward; those of the text, away from zero.
    private var timeText: String {
        guard modified.nanoseconds != 0 else { return "\(modified.seconds)" }
        let isBefore = modified.seconds < 0
        let seconds = isBefore ? modified.seconds + 1 : modified.seconds
        let nanoseconds =
            isBefore ? 1_000_000_000 - modified.nanoseconds : modified.nanoseconds
        let digits = String(1_000_000_000 + nanoseconds).dropFirst()
        return "\(isBefore ? "-" : "")\(seconds.magnitude).\(digits)"
    }

    /// `LENGTH KEY=VALUE\n`, whose length counts its own digits.
    private static func record(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] {
        let rest = 1 + key.count + 1 + value.count + 1
        var length = rest + 1
        while "\(length)".utf8.count + rest != length { length = "\(length)".utf8.count + rest }
        return Array("\(length) ".utf8) + key + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
    }

    private func block(_ name: [UInt8], _ type: UInt8, _ size: UInt64) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarBlock.size)
        func put(_ bytes: some Sequence<UInt8>, at start: Int, _ count: Int) {
            for (offset, byte) in bytes.prefix(count).enumerated() { block[start + offset] = byte }
        }
        func put(_ number: some BinaryInteger, at start: Int, digits: Int) {
            let text = String(number, radix: 8)
            let zeros = String(repeating: "0", count: max(0, digits - text.utf8.count))
            put((zeros + text).utf8, at: start, digits)
        }
        put(name, at: 0, 100)
        put(mode & 0o7777, at: 100, digits: 7)
        put(owner > Self.largestID ? 0 : owner, at: 108, digits: 7)
        put(group > Self.largestID ? 0 : group, at: 116, digits: 7)
        put(size > Self.largestSize ? 0 : size, at: 124, digits: 11)
        put(max(0, min(modified.seconds, Int64(Self.largestSize))), at: 136, digits: 11)
        put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148, 8)
        block[156] = type
        put(link, at: 157, 100)
        put(Array("ustar\0".utf8) + Array("00".utf8), at: 257, 8)
        put(major, at: 329, digits: 7)
        put(minor, at: 337, digits: 7)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(sum, at: 148, digits: 6)
        block[154] = 0
        return block
    }
}
