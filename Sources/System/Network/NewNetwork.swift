internal import CLinux
internal import Kernel

/// A network namespace for a moment.
public enum NewNetwork {
    /// Runs `body` on a thread inside of a new network namespace, both of which go when it ends.
    /// - Throws: `SystemError` without the right to make one, or a thread; what `body` throws.
    public static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withUnsafeThrowingContinuation { continuation in
            Thread.resume(continuation, name: "gantry-network") {
                try syscall("unshare") { gantry_unshare(GANTRY_CLONE_NEWNET) }
                return try body()
            }
        }
    }
}
