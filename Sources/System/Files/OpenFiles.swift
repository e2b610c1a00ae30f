internal import CLinux
public import Kernel

/// This process's limits of open files.
public struct OpenFiles: Sendable, Equatable {
    /// `UInt64.max` is no limit.
    public let soft: UInt64
    public let hard: UInt64

    /// Allows this process what it may have at most: each connection, monitor and stream takes some.
    /// - Returns: what the limits were before.
    public static func raise() throws(SystemError) -> OpenFiles {
        var soft: UInt64 = 0
        var hard: UInt64 = 0
        try syscall("setrlimit") { gantry_raise_open_files(&soft, &hard) }
        return OpenFiles(soft: soft, hard: hard)
    }
}
