/// Writes tars byte by byte, hostile ones too, which no honest tool would make.
struct TarMaker {
    private(set) var bytes: [UInt8] = []

    enum Kind: Character {
        case file = "0"
        case hardLink = "1"
        case symbolicLink = "2"
        case character = "3"
        case block = "4"
        case directory = "5"
        case fifo = "6"
    }

    /// One entry with a ustar header.
    mutating func add(
        _ name: String, _ kind: Kind = .file, _ content: String = "", link: String = "",
        mode: Int = 0o644, owner: Int = 0, modified: Int = 1_700_000_000,
        device: (Int, Int) = (0, 0)
    ) {
        header(
            Array(name.utf8), kind.rawValue, content.utf8.count, Array(link.utf8), mode, owner,
            modified, device)
        append(Array(content.utf8))
    }

    /// A pax extended header, which speaks of the next entry.
    mutating func pax(_ records: [(String, String)]) {
        let text = records.map { Self.record($0.0, $0.1) }.joined()
        header(Array("pax".utf8), "x", text.utf8.count, [], 0o644, 0, 0, (0, 0))
        append(Array(text.utf8))
    }

    /// `LENGTH key=value\n`, where the length counts itself (POSIX pax, "pax Extended Header").
    private static func record(_ key: String, _ value: String) -> String {
        let rest = " \(key)=\(value)\n".utf8.count
        let guess = rest + String(rest).count
        let length = String(guess).count == String(rest).count ? guess : rest + String(guess).count
        return "\(length) \(key)=\(value)\n"
    }

    /// The two blocks of zeros that end an archive.
    mutating func finish() -> [UInt8] {
        bytes += [UInt8](repeating: 0, count: 1024)
        return bytes
    }

    mutating func header(
        _ name: [UInt8], _ type: Character, _ size: Int, _ link: [UInt8], _ mode: Int, _ owner: Int,
        _ modified: Int, _ device: (Int, Int)
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ value: [UInt8], at start: Int) {
            block.replaceSubrange(start..<(start + value.count), with: value)
        }
        func octal(_ value: Int, _ width: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            let padding = String(repeating: "0", count: width - digits.count)
            return Array((padding + digits).utf8)
        }
        put(Array(name.prefix(100)), at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(owner, 7), at: 108)
        put(octal(owner, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(modified, 11), at: 136)
        put(Array(repeating: UInt8(ascii: " "), count: 8), at: 148)
        block[156] = type.asciiValue ?? 0
        put(Array(link.prefix(100)), at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(octal(device.0, 7), at: 329)
        put(octal(device.1, 7), at: 337)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0], at: 148)
        bytes += block
    }

    mutating func append(_ content: [UInt8]) {
        bytes += content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
}
