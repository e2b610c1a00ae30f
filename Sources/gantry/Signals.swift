@preconcurrency internal import Dispatch
internal import Glibc

/// The signals that end the daemon.
enum Signals {
    /// SIGTERM and SIGINT as they come. A broken pipe is an error of its write, not an end.
    static func untilEnd() -> AsyncStream<Int32> {
        signal(SIGPIPE, SIG_IGN)
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.activate()
            return source
        }
        continuation.onTermination = { _ in for source in sources { source.cancel() } }
        return stream
    }
}
