internal import CLinux
internal import Glibc
public import Kernel

/// A thread of our own: for loops that wait in a system call for ever, and for what a thread changes
/// of itself alone, such as its network namespace.
public enum Thread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void
        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// - Throws: when there is no thread to be had (pthread_create(3), EAGAIN); `body` does not run then.
    public static func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(Body(name, body))
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                gantry_set_name(body.name)
                body.run()
                return nil
            }, retained.toOpaque())
        guard result == 0 else {
            retained.release()
            throw SystemError("start a thread", errno: result)
        }
        pthread_detach(thread)
    }

    /// Resumes `continuation` with what `body` returns or throws on a thread of its own, or with why there
    /// is none.
    static func resume<Result: Sendable>(
        _ continuation: UnsafeContinuation<Result, any Error>, name: String,
        _ body: @escaping @Sendable () throws -> Result
    ) {
        do {
            try start(name: name) { continuation.resume(with: .init { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
