internal import CLinux
internal import Kernel

/// TCP connections to what listens on a network namespace's loopback.
public enum LoopbackConnection {
    /// Connects to 127.0.0.1 and, where that fails, ::1. A socket stays in the namespace in which it
    /// was made, so a thread enters it for that alone, and ends.
    /// - Parameter namespace: the file that pins it; nil is the node's.
    /// - Returns: the socket, not blocking; the caller closes it.
    public static func open(_ port: UInt16, namespace: String?) async throws -> Int32 {
        try await withUnsafeThrowingContinuation { continuation in
            Thread.resume(continuation, name: "gantry-connect") {
                if let namespace { try enter(namespace) }
                return try syscall("connect") { gantry_connect_loopback(port) }
            }
        }
    }

    private static func enter(_ path: String) throws(SystemError) {
        let file = try Files.open(path, 0)
        try syscall("setns", path) { gantry_setns(file.raw, GANTRY_CLONE_NEWNET) }
    }
}
