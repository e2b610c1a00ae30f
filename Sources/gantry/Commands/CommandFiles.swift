internal import CLinux
internal import Glibc
internal import Kernel
internal import Model

/// Files that a user names on the command line.
enum CommandFiles {
    /// No configuration is longer, and `/dev/zero` has no end.
    private static let largest = 64 << 20

    /// Reads to the end what a shell's `<(…)` gives as well, for whose writer it waits.
    /// - Throws: `GantryError` for a FIFO to which nobody writes; `SystemError`.
    static func read(_ path: String) throws -> [UInt8] {
        let file = try Files.open(path, O_RDONLY | O_NONBLOCK)
        let number = file.raw
        _ = fcntl(number, F_SETFL, 0)
        let content = try Files.readToEnd(file, path, limit: largest)
        var status = stat()
        try syscall("fstat", path) { fstat(number, &status) }
        guard !content.isEmpty || status.st_mode & S_IFMT != S_IFIFO else {
            throw GantryError(.invalidArgument, "\(path) is a FIFO to which nobody writes")
        }
        return content
    }

    /// Whether a file is there that a user might miss.
    static func isKept(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// A regular file is replaced, whole or not at all. Anything else is written to as it is: a rename would put a
    /// file in the place of `/dev/stdout`.
    static func write(_ text: String, to path: String) throws {
        guard !path.isEmpty else {
            throw GantryError(.invalidArgument, "the name of the file to write is empty")
        }
        let bytes = Array(text.utf8)
        if isKept(path) {
            return try Files.replace(try AbsolutePath.of(path), with: bytes, mode: 0o644)
        }
        var status = stat()
        let isThere = lstat(path, &status) == 0
        if !isThere { return try Files.replace(path, with: bytes, mode: 0o644) }
        let file = try Files.open(path, O_WRONLY | O_CREAT, mode: 0o644)
        try Files.writeAll(bytes, to: file, path)
    }
}

/// What was printed. `print` says nothing of a disk that is full.
enum StandardOutput {
    /// - Throws: `SystemError` when not all of it could be written.
    static func finish() throws {
        try syscall("write", "standard output") { gantry_flush_standard_output() }
    }
}
