internal import CLinux
internal import Glibc

/// A thread of our own, for loops that wait in a system call for ever.
public enum Thread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void
        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    public static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(name, body)).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                gantry_set_name(body.name)
                body.run()
                return nil
            }, argument)
        precondition(result == 0, "no thread could be started: errno \(result)")
        pthread_detach(thread)
    }
}
