internal import CLinux
internal import Glibc
internal import Kernel

/// Files of another runtime, which stay as they are.
enum ForeignFile {
    /// A second name for a file; on another file system, a copy.
    static func link(_ source: String, _ target: String) throws(SystemError) {
        if Glibc.link(source, target) == 0 { return }
        let file = try Files.open(source)
        let output = try Files.open(target, O_WRONLY | O_CREAT | O_EXCL)
        var status = stat()
        let raw = file.raw
        try syscall("fstat", source) { fstat(raw, &status) }
        try append(file, to: output, bytes: Int(status.st_size), source)
    }

    /// Copies so many bytes of a file, or fails.
    static func append(
        _ file: borrowing Descriptor, to output: borrowing Descriptor, bytes: Int, _ path: String
    ) throws(SystemError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var rest = bytes
        let raw = file.raw
        while rest > 0 {
            let most = min(rest, buffer.count)
            let count = try syscall("read", path) { read(raw, &buffer, most) }
            guard count > 0 else { throw SystemError("read", path, errno: ENODATA) }
            try write(buffer[..<count], to: output)
            rest -= count
        }
    }

    static func write(
        _ bytes: ArraySlice<UInt8>, to output: borrowing Descriptor
    ) throws(SystemError) {
        var rest = bytes
        let raw = output.raw
        while !rest.isEmpty {
            let part = rest
            let count = try syscall("write") {
                part.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }
}
