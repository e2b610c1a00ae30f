internal import Glibc
internal import Kernel

/// A container's log, or nothing when its path is empty.
final class LogFile {
    private let path: String
    private var file: Descriptor
    private var hasFailed = false

    init(_ path: String) throws(SystemError) {
        self.path = path
        file = try Self.open(path)
    }

    /// Goes on in a new file under the same path; when that cannot be opened, in the old one.
    func reopen() throws(SystemError) {
        file = try Self.open(path)
    }

    private static func open(_ path: String) throws(SystemError) -> Descriptor {
        if path.isEmpty { return try Files.open("/dev/null", O_WRONLY) }
        return try Files.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640)
    }

    /// Lines that do not fit on the disk are lost, and said so once: the container must not hang
    /// because its log is full.
    func write(_ lines: [UInt8]) {
        if lines.isEmpty { return }
        do {
            try Files.writeAll(lines, to: file, path)
            hasFailed = false
        } catch {
            if !hasFailed { Supervisor.warn("log lines are lost: \(error)") }
            hasFailed = true
        }
    }
}
