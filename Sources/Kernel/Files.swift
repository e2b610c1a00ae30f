internal import CLinux
public import Glibc

/// Whole small files, by path: configuration, cgroup and proc files, exit records.
public enum Files {
    public static func open(
        _ path: String, _ flags: Int32 = O_RDONLY, mode: UInt32 = 0o600
    ) throws(SystemError) -> Descriptor {
        Descriptor(owning: try syscall("open", path) { gantry_open(path, flags, mode) })
    }

    /// No small file is longer. What has no end, as `/dev/zero`, must not take all memory.
    private static let largest = 64 << 20

    /// A fifo that somebody has put there is an empty file: nobody is waited for.
    /// - Throws: `SystemError`; `EFBIG` past 64 MiB.
    public static func read(_ path: String) throws(SystemError) -> [UInt8] {
        let file = try open(path, O_RDONLY | O_NONBLOCK)
        return try readToEnd(file, path, limit: largest)
    }

    /// Its first bytes, as many as there are of `count`.
    public static func read(_ path: String, first count: Int) throws(SystemError) -> [UInt8] {
        let file = try open(path)
        let number = file.raw
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try syscall("read", path) { pread(number, &bytes, count, 0) }
        return Array(bytes[..<read])
    }

    public static func readText(_ path: String) throws(SystemError) -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    /// Reads until end of file; a non-blocking descriptor gives what it has.
    /// - Throws: `SystemError`; `EFBIG` past `limit` bytes.
    public static func readToEnd(
        _ file: borrowing Descriptor, _ name: String = "", limit: Int = .max
    ) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        let number = file.raw
        while true {
            let count = try syscall("read", name) { Glibc.read(number, &chunk, chunk.count) }
            if count == 0 { return content }
            guard content.count <= limit - count else {
                throw SystemError("read", name, errno: EFBIG)
            }
            content += chunk[..<count]
        }
    }

    /// Writes to an existing file, as cgroup and proc files want it: one write, no truncation.
    public static func write(_ text: String, to path: String) throws(SystemError) {
        let file = try open(path, O_WRONLY)
        try writeAll(Array(text.utf8), to: file, path)
    }

    public static func writeAll(
        _ bytes: [UInt8], to file: borrowing Descriptor, _ name: String = ""
    ) throws(SystemError) {
        var rest = bytes[...]
        let number = file.raw
        while !rest.isEmpty {
            let count = try syscall("write", name) {
                rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Puts a file in place whole or not at all: a reader sees the old content or the new. It has its
    /// mode from its first byte on, whatever a killed process has left under the temporary name.
    public static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600
    ) throws(SystemError) {
        let temporary = "\(path).\(getpid()).tmp"
        do {
            unlink(temporary)
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            let file = try open(temporary, flags, mode: mode)
            try writeAll(bytes, to: file, temporary)
            try syscall("rename", path) { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Creates a directory and its missing parents; one that is there already is left as it is.
    public static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        let parent = Path.parent(of: path)
        guard errno == ENOENT, parent != path else {
            throw SystemError("mkdir", path, errno: errno)
        }
        try makeDirectories(parent, mode: mode)
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        throw SystemError("mkdir", path, errno: errno)
    }

    /// Takes permissions away from a file or directory that was there already, whoever made it. One
    /// that is right below `/` is not ours alone, and stays as it is.
    public static func narrow(_ path: String, to mode: UInt32) throws(SystemError) {
        var status = stat()
        try syscall("stat", path) { stat(path, &status) }
        guard status.st_mode & 0o777 & ~mode != 0, Path.parent(of: path) != "/" else { return }
        try syscall("chmod", path) { chmod(path, status.st_mode & mode) }
    }

    /// Creates a directory that only its owner gets into, and below it the root user of a pod's user
    /// namespace, whose group on the node is `group`. One that is there already is changed to that.
    public static func makePrivateDirectory(
        _ path: String, group: UInt32? = nil
    ) throws(SystemError) {
        try makeDirectories(path, mode: 0o700)
        guard let group else { return }
        try syscall("chown", path) { chown(path, .max, group) }
        try syscall("chmod", path) { chmod(path, 0o710) }
    }

    /// Has the file system keep room for the first `bytes` of a file, which stays as long as it is.
    public static func reserve(_ path: String, bytes: Int64) throws(SystemError) {
        try reserve(try open(path, O_WRONLY | O_CREAT), path, bytes: bytes)
    }

    /// The same for an open file.
    public static func reserve(
        _ file: borrowing Descriptor, _ name: String, bytes: Int64
    ) throws(SystemError) {
        let number = file.raw
        try syscall("fallocate", name) { gantry_reserve(number, bytes) }
    }

    public static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Removes a file; one that is not there is no error.
    public static func remove(_ path: String) throws(SystemError) {
        if unlink(path) == 0 || errno == ENOENT { return }
        throw SystemError("unlink", path, errno: errno)
    }

    /// rename(2): what is at `target` gives way.
    public static func move(_ path: String, to target: String) throws(SystemError) {
        try syscall("rename", target) { rename(path, target) }
    }

    /// Bytes of a file.
    public static func size(_ path: String) throws(SystemError) -> Int {
        var status = stat()
        try syscall("stat", path) { stat(path, &status) }
        return Int(status.st_size)
    }

    /// The names in a directory, sorted, without `.` and `..`.
    public static func list(_ path: String) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else {
            throw SystemError("opendir", path, errno: errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
