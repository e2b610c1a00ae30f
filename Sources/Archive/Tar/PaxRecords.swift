/// A pax extended header (POSIX pax, "pax Extended Header"): what a member's own header has no room for.
/// Of two records with one keyword the later counts, and an empty one leaves the header's value.
struct PaxRecords {
    private var records: [[UInt8]: [UInt8]] = [:]
    /// GNU's sparse format 0.0 repeats its keywords, one record for each number.
    private var segments: [[UInt8]] = []

    init() {}

    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let (key, value) = try Self.record(&rest)
            try add(key, value)
        }
    }

    /// `LENGTH KEYWORD=VALUE\n`; the length is that of the whole record.
    private static func record(
        _ rest: inout ArraySlice<UInt8>
    ) throws -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let length = digits.count > 7 ? nil : Int(String(decoding: digits, as: UTF8.self))
        guard let length, length <= rest.count, length > digits.count + 3,
            rest.dropFirst(digits.count).first == UInt8(ascii: " ")
        else { throw badTar("a pax record of a wrong length") }
        let record = rest.prefix(length)
        rest = rest.dropFirst(length)
        let body = record.dropFirst(digits.count + 1).dropLast()
        guard record.last == UInt8(ascii: "\n"), let sign = body.firstIndex(of: UInt8(ascii: "=")),
            sign > body.startIndex
        else { throw badTar("a pax record without a keyword, or without an end") }
        return (body[..<sign], body[(sign + 1)...])
    }

    private mutating func add(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) throws {
        let isText = ["path", "linkpath", "uname", "gname"].contains { key.elementsEqual($0.utf8) }
        guard !(isText ? value : key).contains(0) else { throw badTar("a NUL in a pax record") }
        let isOffset = key.elementsEqual("GNU.sparse.offset".utf8)
        guard isOffset || key.elementsEqual("GNU.sparse.numbytes".utf8) else {
            records[Array(key)] = Array(value)
            return
        }
        guard isOffset == segments.count.isMultiple(of: 2) else {
            throw badTar("a sparse file's numbers are out of order")
        }
        segments.append(Array(value))
    }

    /// Nil for one that is not there, or empty.
    private func value(_ key: String) -> [UInt8]? {
        records[Array(key.utf8)].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func number(_ key: String) throws -> Int64? {
        try value(key).map { try TarNumber.decimal($0, key) }
    }

    private func count(_ key: String) throws -> UInt64? {
        try value(key).map { try TarNumber.count($0, key) }
    }

    /// The size of what is in the tar.
    func size() throws -> UInt64? {
        // star's size of a sparse file, which nobody else reads; a negative one is a lie all the same.
        _ = try count("SCHILY.realsize")
        return try count("size")
    }

    func apply(to header: inout TarHeader) throws {
        header.name = value("path") ?? header.name
        header.link = value("linkpath") ?? header.link
        header.owner = try number("uid") ?? header.owner
        header.group = try number("gid") ?? header.group
        if let time = value("mtime") { header.modified = try TarNumber.time(time, "mtime") }
        let prefix = Array("SCHILY.xattr.".utf8)
        for (key, value) in records where key.starts(with: prefix) && !value.isEmpty {
            header.extended.append((Array(key.dropFirst(prefix.count)), value))
        }
    }
}

/// What pax records say of a sparse file (GNU tar manual, "PAX Format, Versions 0.0, 0.1 and 1.0").
extension PaxRecords {
    enum Sparse {
        case map(SparseMap)
        /// In front of the content.
        case inContent
    }

    /// Nil for a file without holes, and for a version that nobody knows.
    func sparse() throws -> Sparse? {
        switch (value("GNU.sparse.major"), value("GNU.sparse.minor")) {
        case (Array("1".utf8), Array("0".utf8)): return .inContent
        case (Array("0".utf8), Array("0".utf8)), (Array("0".utf8), Array("1".utf8)):
            return .map(try map())
        case (nil, nil):
            return segments.isEmpty && value("GNU.sparse.map") == nil ? nil : .map(try map())
        default: return nil
        }
    }

    /// The name and the size of a sparse file; its header has others, for readers that know nothing of it.
    func applySparse(to header: inout TarHeader) throws {
        header.name = value("GNU.sparse.name") ?? header.name
        header.size =
            try count("GNU.sparse.size") ?? count("GNU.sparse.realsize") ?? header.size
    }

    private func map() throws -> SparseMap {
        let comma = UInt8(ascii: ",")
        let listed = value("GNU.sparse.map")?.split(
            separator: comma, omittingEmptySubsequences: false)
        let numbers = segments.isEmpty ? listed ?? [] : segments.map { $0[...] }
        guard let count = try count("GNU.sparse.numblocks"), numbers.count.isMultiple(of: 2),
            UInt64(numbers.count / 2) == count
        else { throw badTar("a sparse file has not as many segments as it says") }
        var map = SparseMap()
        for index in stride(from: 0, to: numbers.count, by: 2) {
            try map.add(
                offset: try TarNumber.decimal(numbers[index], "GNU.sparse.map"),
                length: try TarNumber.decimal(numbers[index + 1], "GNU.sparse.map"))
        }
        return map
    }
}
