/// Where a container stands in its life.
///
/// ```
///  creating ──► created ──► starting ──► running ──► exited ──► (removed)
///     │            │            │                      ▲
///     │            └────────────┴──────────────────────┤
///     └───────► unrunnable ────────────────────────────┘
/// ```
/// Each arrow is a method here; any other transition is an error. `creating` is not listed to
/// clients; `starting` and `unrunnable` show as created, since the start may still fail, or will.
public enum ContainerPhase: Sendable, Equatable {
    case creating
    case created(pid: Int32)
    /// The runtime found already at `create` that the program cannot be run; its words. For clients
    /// that is the start's failure, by which a pod that never restarts ends.
    case unrunnable(String)
    case starting(pid: Int32, at: Int64)
    case running(pid: Int32, since: Int64)
    case exited(ContainerExit)
}

/// How a container ended. Times are nanoseconds since 1970.
public struct ContainerExit: Sendable, Equatable {
    /// 0 when it never ran.
    public var startedAt: Int64
    public var finishedAt: Int64
    public var code: Int32
    /// One word for the kubelet: `Completed`, `Error`, `OOMKilled`, `StartError`, …
    public var reason: String
    public var message: String

    public init(
        startedAt: Int64, finishedAt: Int64, code: Int32, reason: String, message: String = ""
    ) {
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.code = code
        self.reason = reason
        self.message = message
    }
}

extension ContainerPhase {
    /// The init process, while there is one.
    public var pid: Int32? {
        switch self {
        case .created(let pid), .starting(let pid, _), .running(let pid, _): pid
        case .creating, .unrunnable, .exited: nil
        }
    }

    public var exit: ContainerExit? {
        if case .exited(let exit) = self { return exit }
        return nil
    }

    /// The name under which it is stored.
    public var name: String {
        switch self {
        case .creating: "creating"
        case .created: "created"
        case .unrunnable: "unrunnable"
        case .starting: "starting"
        case .running: "running"
        case .exited: "exited"
        }
    }

    /// An exit that was seen before this call stands.
    public mutating func create(pid: Int32) {
        if case .creating = self { self = .created(pid: pid) }
    }

    public mutating func refuse(_ reason: String) {
        if case .creating = self { self = .unrunnable(reason) }
    }

    /// Whether it waits for its start.
    public var isUnstarted: Bool {
        switch self {
        case .created, .unrunnable: true
        case .creating, .starting, .running, .exited: false
        }
    }

    /// Whether it was created and has not exited.
    public var isLive: Bool {
        switch self {
        case .created, .unrunnable, .starting, .running: true
        case .creating, .exited: false
        }
    }

    /// Claims the start: of several callers one succeeds.
    public mutating func beginStart(at time: Int64) throws {
        guard case .created(let pid) = self else { throw refusal("started") }
        self = .starting(pid: pid, at: time)
    }

    /// The runtime has started it; it may have exited already, which then stands.
    public mutating func finishStart() {
        if case .starting(let pid, let time) = self { self = .running(pid: pid, since: time) }
    }

    /// What the runtime says of one whose start was not stored.
    public mutating func noteStarted(at time: Int64) {
        if case .created(let pid) = self { self = .running(pid: pid, since: time) }
    }

    /// - Returns: false when it had exited before: the first exit stands.
    public mutating func end(_ exit: (_ startedAt: Int64) -> ContainerExit) -> Bool {
        switch self {
        case .exited: return false
        case .creating, .created, .unrunnable: self = .exited(exit(0))
        case .starting(_, let time), .running(_, let time): self = .exited(exit(time))
        }
        return true
    }

    private func refusal(_ verb: String) -> GantryError {
        GantryError(.failedPrecondition, "a container that is \(name) cannot be \(verb)")
    }
}
