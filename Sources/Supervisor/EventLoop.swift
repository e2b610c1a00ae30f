internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// Something that the loop waits for.
protocol EventSource: AnyObject {
    var descriptor: Int32 { get }
    var awaits: EventKind { get }
    /// Reads what has come, without waiting. Returns false when the source is at its end.
    func ready() -> Bool
}

enum EventKind {
    case input
    /// That it can be written to.
    case output
    /// POLLPRI: a cgroup's file has changed. Of a pipe it is the error that nobody reads it any more.
    case exception
}

extension EventSource {
    var awaits: EventKind { .input }
}

/// One epoll around everything: the daemon's connections, the children, their output.
final class EventLoop {
    private let epoll: Descriptor
    let buffers: Buffers
    /// By key and not by descriptor: an event that is still queued for a closed descriptor must not
    /// reach the one that got its number.
    private var sources: [UInt64: any EventSource] = [:]
    private var nextKey: UInt64 = 1
    private var isOver = false
    private(set) var connections: [Connection] = []
    lazy var containers = Containers(self)
    let home = Home()
    let logLimit: LogLimit?
    private var shimEvents: Listener?

    /// Begins to listen, in the process that is to serve.
    /// - Parameter logLimit: of each container's log.
    init(directory: String, logLimit: LogLimit? = nil) throws(SystemError) {
        self.logLimit = logLimit
        epoll = Descriptor(owning: try syscall("epoll_create") { gantry_epoll_create() })
        buffers = try Buffers()
        let path = "\(directory)/monitor.sock"
        let socket = try syscall("listen", path) { gantry_unix_listen(path, 0) }
        add(
            Listener(socket) { [unowned self] accepted in
                home.daemon = gantry_peer(accepted)
                connected(Connection(accepted, self))
            })
    }

    func run() throws(SystemError) {
        add(Children(try syscall("signalfd") { gantry_signal_descriptor() }, self))
        var keys = [UInt64](repeating: 0, count: 32)
        var isResting = false
        while !isOver {
            let wait = isResting ? -1 : Self.restAfter
            let count = gantry_epoll_wait(epoll.raw, &keys, Int32(keys.count), wait)
            isResting = count == 0
            if isResting { buffers.release() }
            for key in keys.prefix(max(0, Int(count))) {
                guard let source = sources[key] else { continue }
                if !source.ready() { remove(key, source) }
            }
        }
    }

    /// Milliseconds of silence after which memory is given back.
    private static let restAfter: Int32 = 1000

    func add(_ source: any EventSource) {
        let key = nextKey
        nextKey += 1
        let result =
            switch source.awaits {
            case .input: gantry_epoll_add(epoll.raw, source.descriptor, key, 0, 0)
            case .output: gantry_epoll_add(epoll.raw, source.descriptor, key, 1, 0)
            case .exception: gantry_epoll_add_exception(epoll.raw, source.descriptor, key)
            }
        if result == 0 {
            sources[key] = source
        } else {
            Supervisor.warn("epoll: errno \(errno)")
        }
    }

    func remove(_ source: any EventSource) {
        guard let key = sources.first(where: { $0.value === source })?.key else { return }
        remove(key, source)
    }

    private func remove(_ key: UInt64, _ source: any EventSource) {
        _ = gantry_epoll_remove(epoll.raw, source.descriptor)
        sources[key] = nil
        if let connection = source as? Connection { connections.removeAll { $0 === connection } }
    }

    func connected(_ connection: Connection) {
        connections.append(connection)
        add(connection)
    }

    /// Tells every daemon that is connected.
    func tell(_ event: Reply) {
        for connection in connections { connection.send(event, serial: 0) }
    }

    /// The events of the pod's shims: a monitor is there as long as the pod, and gVisor's shim ends itself, and
    /// its container, when an event finds nobody.
    func takeEvents(_ path: String) throws(SystemError) {
        if let shimEvents { remove(shimEvents) }
        let socket = try syscall("listen", path) { gantry_unix_listen(path, 1) }
        let listener = Listener(socket) { [unowned self] in add(ShimEventLink($0, self)) }
        try Files.narrow(path, to: 0o600)
        shimEvents = listener
        add(listener)
    }

    func stop() {
        isOver = true
    }
}

/// Takes connections.
private final class Listener: EventSource {
    private let socket: Descriptor
    private let take: (Int32) -> Void

    /// - Parameter take: owns the descriptor that it is given.
    init(_ socket: Int32, _ take: @escaping (Int32) -> Void) {
        self.socket = Descriptor(owning: socket)
        self.take = take
    }

    var descriptor: Int32 { socket.raw }

    func ready() -> Bool {
        let accepted = gantry_accept(socket.raw)
        if accepted >= 0 { take(accepted) }
        return true
    }
}
