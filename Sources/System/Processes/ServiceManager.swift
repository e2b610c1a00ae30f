internal import CLinux
internal import Glibc

/// Who started the daemon and wants to hear from it (sd_notify(3)); nobody outside of systemd.
public struct ServiceManager: Sendable {
    /// The socket that is told; a path, or `@` and a name of the abstract namespace.
    private let socket: String?
    /// How often the manager wants to hear that the daemon works, or it ends it (sd_watchdog_enabled(3)).
    public let watchdog: Duration?

    /// - Parameter environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` count.
    public init(_ environment: [String: String]) {
        self.init(environment, process: getpid())
    }

    init(_ environment: [String: String], process: Int32) {
        let socket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        self.socket = socket
        let isMeant = environment["WATCHDOG_PID"].map { $0 == String(process) } ?? true
        let interval = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdog = isMeant && interval > 0 && socket != nil ? .microseconds(interval) : nil
    }

    public enum State: Sendable {
        /// Requests are answered from now on.
        case ready
        /// The configuration is being read again; `ready` follows.
        case reloading
        case stopping
        /// A sign of life for the watchdog.
        case alive
        /// What people read in `systemctl status`: one line.
        case status(String)

        var text: String {
            switch self {
            case .ready: "READY=1"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Self.now)"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            case .status(let text): "STATUS=\(text)"
            }
        }

        /// Microseconds of CLOCK_MONOTONIC.
        private static var now: Int {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
        }
    }

    /// A manager that does not listen is no error: the daemon does not depend on it.
    public func tell(_ states: State...) {
        guard let socket else { return }
        let bytes = Array(states.map(\.text).joined(separator: "\n").utf8)
        _ = gantry_send_datagram(socket, bytes, bytes.count)
    }
}
