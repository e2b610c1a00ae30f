internal import Kernel
internal import Text

/// The content of one file of procfs, sysfs or a cgroup, read once; nil inside where the kernel has no such file.
struct KernelFile {
    let bytes: [UInt8]?

    init(_ path: String) {
        bytes = try? Files.read(path)
    }

    init(content: String) {
        bytes = Array(content.utf8)
    }

    /// The file's one number; nil for `max`.
    var number: UInt64? {
        bytes.flatMap { Self.number($0[...]) }
    }

    /// A file of `key value` lines.
    subscript(key: String) -> UInt64? {
        line(beginningWith: key + " ").flatMap(Self.number)
    }

    /// What follows `start` in the first line that begins with it.
    func line(beginningWith start: String) -> ArraySlice<UInt8>? {
        guard let bytes else { return nil }
        let start = Array(start.utf8)
        var line = 0
        while line < bytes.count {
            let end = bytes[line...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if bytes[line..<end].starts(with: start) { return bytes[line + start.count..<end] }
            line = end + 1
        }
        return nil
    }

    /// Its lines, each cut at blanks.
    var fields: [[Substring]] {
        guard let bytes else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(at: "\n").map {
            $0.split(at: " ")
        }
    }

    private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64?
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
            value = (value ?? 0).times(10).plus(UInt64(byte - UInt8(ascii: "0")))
        }
        return value
    }
}
