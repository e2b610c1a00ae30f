/// A header of 512 bytes: v7's fields, and what ustar (POSIX pax), GNU tar and star added. Valid as long
/// as the bytes are.
struct TarBlock {
    static let size = 512

    enum Dialect {
        case v7, ustar, gnu, star
    }

    let bytes: UnsafeRawBufferPointer

    private func field(_ start: Int, _ count: Int) -> Slice<UnsafeRawBufferPointer> {
        bytes[start..<(start + count)]
    }

    /// A C string, or all of its field.
    private func text(_ start: Int, _ count: Int) -> [UInt8] {
        Array(field(start, count).prefix { $0 != 0 })
    }

    private func number(_ start: Int, _ count: Int) throws -> Int64 {
        try TarNumber.field(field(start, count))
    }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    var dialect: Dialect {
        if field(257, 6).elementsEqual("ustar\0".utf8) {
            return field(508, 4).elementsEqual("tar\0".utf8) ? .star : .ustar
        }
        return field(257, 8).elementsEqual("ustar  \0".utf8) ? .gnu : .v7
    }

    /// The sum of all bytes, those of the sum itself taken as spaces; some old tars added them up as
    /// signed numbers.
    func check() throws {
        let claimed = try TarNumber.octal(field(148, 8))
        var unsigned = 8 * 32
        var signed = unsigned
        for part in [bytes[..<148], bytes[156...]] {
            for byte in part {
                unsigned += Int(byte)
                signed += Int(Int8(bitPattern: byte))
            }
        }
        guard claimed == Int64(unsigned) || claimed == Int64(signed) else {
            throw badTar("a header's checksum is wrong")
        }
    }

    var type: UInt8 { bytes[156] }

    func size() throws -> Int64 { try number(124, 12) }

    /// Everything but the size.
    func header() throws -> TarHeader {
        var header = TarHeader(name: text(0, 100), type: type)
        header.link = text(157, 100)
        header.mode = try number(100, 8)
        header.owner = try number(108, 8)
        header.group = try number(116, 8)
        header.modified = TarTime(seconds: try number(136, 12))
        if dialect == .v7 { return header }
        header.major = try number(329, 8)
        header.minor = try number(337, 8)
        let prefix = prefix()
        if !prefix.isEmpty { header.name = prefix + [UInt8(ascii: "/")] + header.name }
        return header
    }

    private func prefix() -> [UInt8] {
        switch dialect {
        case .v7: []
        case .ustar: text(345, 155)
        case .star: text(345, 131)
        case .gnu: misplacedPrefix()
        }
    }

    /// GNU's headers have times where ustar has the prefix. Go before 1.8, and so docker of that time,
    /// wrote a prefix there all the same; it is told by times that are no numbers.
    private func misplacedPrefix() -> [UInt8] {
        let times = [field(345, 12), field(357, 12)]
        let areTimes = times.allSatisfy { time in
            time.first == 0 || (try? TarNumber.field(time)) != nil
        }
        let text = text(345, 155)
        return areTimes || !text.allSatisfy { $0 < 0x80 } ? [] : text
    }

    // GNU's sparse files (GNU tar manual, "Old GNU Format").

    func sparseSize() throws -> Int64 { try number(483, 12) }

    /// Adds what a header of type `S` says of its file's segments.
    /// - Returns: whether a block with more of them follows.
    func addSegments(to map: inout SparseMap) throws -> Bool {
        try add(4, at: 386, to: &map)
        return bytes[482] != 0
    }

    /// The same for the block that follows it.
    func addMoreSegments(to map: inout SparseMap) throws -> Bool {
        try add(21, at: 0, to: &map)
        return bytes[504] != 0
    }

    private func add(_ count: Int, at start: Int, to map: inout SparseMap) throws {
        for entry in 0..<count {
            let place = start + entry * 24
            if bytes[place] == 0 { return }
            try map.add(offset: try number(place, 12), length: try number(place + 12, 12))
        }
    }
}
