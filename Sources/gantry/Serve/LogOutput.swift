internal import Glibc
internal import Kernel
internal import Logging
internal import Service
internal import Synchronization

/// The daemon's log: a line an event on standard error, as text or as JSON.
struct LogOutput: LogHandler {
    enum Format: String, CaseIterable {
        case text, json
    }

    let format: Format
    var metadata = Logger.Metadata()
    var metadataProvider: Logger.MetadataProvider? = CallContext.metadata
    private let shared: SharedLevel

    /// Copies of a logger share the level, so that it can be changed while the daemon runs.
    private final class SharedLevel: Sendable {
        let level: Mutex<Logger.Level>
        init(_ level: Logger.Level) { self.level = Mutex(level) }
    }

    init(_ format: Format, _ level: Logger.Level) {
        self.format = format
        shared = SharedLevel(level)
    }

    var logLevel: Logger.Level {
        get { shared.level.withLock { $0 } }
        set { shared.level.withLock { $0 = newValue } }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        fields.merge(event.metadata ?? [:]) { $1 }
        let line = LogLine(
            time: Self.now(), level: event.level.rawValue, message: event.message.description,
            fields: fields.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 })
        write(format == .json ? line.json : line.text)
    }

    /// One write a line, so that lines of several threads do not mix. Nobody could be told of a
    /// failure.
    private func write(_ line: String) {
        var line = line + "\n"
        line.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// RFC 3339, in UTC.
    private static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        let padded = { (number: Int, width: Int) in
            let text = "\(number)"
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
        return date.map { padded($0, 2) }.joined(separator: "-") + "T"
            + clock.joined(separator: ":") + ".\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}
