internal import Kernel
internal import Model
public import MonitorProtocol
internal import System

/// What a pod's monitor can be asked.
extension Monitor {
    public func createNamespaces(_ request: NamespaceRequest) async throws {
        _ = try await ask(.namespaces(request))
    }

    /// Has the runtime create a container. Cancelling the task kills the runtime, and what it says
    /// of that is the error, unless the monitor is silent from then on.
    /// - Returns: the process ID of its init, which waits for the runtime's `start`.
    public func create(_ request: CreateRequest) async throws -> Int32 {
        let serial = newSerial()
        let reply = try await withTaskCancellationHandler {
            try await ask(.create(request), serial)
        } onCancel: {
            tellOnly(.forget(container: request.container))
            giveUp(on: serial, after: Self.patience)
        }
        guard case .created(let pid) = reply else {
            throw GantryError(.internal, "the monitor's reply to create makes no sense")
        }
        return pid
    }

    /// Starts a container whose runtime hides its processes (`Handler.hidesProcesses`).
    public func startHidden(_ container: String, within limit: Duration) async throws {
        _ = try await ask(.start(container: container), within: limit)
    }

    /// Says that a container's init is another process than its pid file names.
    public func note(initProcess pid: Int32, of container: String) async throws {
        _ = try await ask(.initProcess(container: container, pid: pid))
    }

    /// In the place of a process: the shim is not asked for the container's end any more.
    public static let nobody: Int32 = 0

    /// Says that a shim has made a container, whose end it tells from now on. Safe to repeat.
    public func watch(_ container: String, pid: Int32) async throws {
        _ = try await ask(.watch(container: container, pid: pid))
    }

    /// Has it take the events of the pod's shims, at a unix socket of this path. Safe to repeat.
    public func takeShimEvents(at path: String) async throws {
        _ = try await ask(.takeEvents(path: path))
    }

    public func reopenLog(of container: String) async throws {
        _ = try await ask(.reopenLog(container: container))
    }

    public func containers() async throws -> [MonitoredContainer] {
        guard case .containers(let states) = try await ask(.list) else {
            throw GantryError(.internal, "the monitor's reply to list makes no sense")
        }
        return states
    }

    /// Ends the creation of a container that an earlier daemon asked for. One that is created already
    /// stays.
    public func giveUp(_ container: String) async throws {
        do {
            try await forgetExited(container)
        } catch let error as GantryError where error.code == .internal {
            return
        }
    }

    /// Lets it forget a container that has exited, and its exit record. A monitor that is gone has
    /// forgotten already.
    public func forgetExited(_ container: String) async throws {
        do {
            _ = try await ask(.forget(container: container))
        } catch let error as GantryError where error.code == .unavailable {
            return
        }
    }

    /// Ends the monitor.
    /// - Throws: `GantryError` when a container lives.
    public func shutdown() async throws {
        _ = try await ask(.shutdown)
    }

    /// The exit that a monitor, which may be dead by now, has recorded; nil when there is none.
    public static func exitRecord(at path: String) async throws -> ExitRecord? {
        try await Blocking.run {
            guard Files.exists(path) else { return nil }
            return try ExitRecord.decode(try Files.read(path))
        }
    }
}
