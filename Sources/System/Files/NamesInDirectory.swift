internal import CLinux
internal import Glibc
internal import Kernel

/// Some of the names in an open directory, however many there are.
enum NamesInDirectory {
    struct Name {
        /// They end in a zero; a file's name need not be UTF-8.
        let bytes: [CChar]
        /// Where the directory is to be read on behind it (readdir(3), `d_off`).
        let next: Int

        func precedes(_ other: Name) -> Bool {
            bytes.lexicographicallyPrecedes(other.bytes) {
                UInt8(bitPattern: $0) < UInt8(bitPattern: $1)
            }
        }
    }

    /// - Parameters:
    ///   - start: 0, or `next` of a name.
    ///   - most: fewer come only at the directory's end.
    /// - Returns: without `.` and `..`.
    static func read(
        _ directory: borrowing Descriptor, from start: Int, most: Int
    ) throws(SystemError) -> [Name] {
        let raw = directory.raw
        try syscall("lseek") { lseek(raw, start, SEEK_SET) == start ? 0 : -1 }
        guard let stream = fdopendir(try directory.duplicate().release()) else {
            throw SystemError("fdopendir", errno: errno)
        }
        defer { closedir(stream) }
        var names: [Name] = []
        while names.count < most, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                Array(bytes.bindMemory(to: CChar.self).prefix { $0 != 0 }) + [0]
            }
            if name == [46, 0] || name == [46, 46, 0] { continue }
            names.append(Name(bytes: name, next: Int(entry.pointee.d_off)))
        }
        return names
    }
}
