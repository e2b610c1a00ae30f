internal import Model
internal import MonitorProtocol
internal import Synchronization

/// A container of a pod: what was asked for, which never changes, apart from how it stands.
final class SandboxContainer: Identified {
    let id: String
    let sandbox: Sandbox
    let config: ContainerConfig
    let details: Details

    /// What was found out at its creation.
    struct Details: Sendable {
        /// The image's ID.
        var imageId: String
        /// Where the image comes from: its first digest at a registry, or its ID where it has none.
        var imageRef = ""
        /// Chain IDs of the layers that it stands on.
        var layers: [String]
        var user: LinuxContainerUser?
        /// Signal that asks it to end: the request's, the image's, or SIGTERM.
        var stopSignal: Int32
        /// Nanoseconds since 1970.
        var createdAt: Int64
        var mounts: [Mount]
        /// What plugins changed of it (`AdjustmentRecord`); empty for nothing.
        var adjustment: [UInt8] = []
    }

    struct State: Sendable {
        var phase: ContainerPhase
        /// Its end, while that is being stored: who is told of an exit must find it after a reboot too.
        var ending: ContainerExit?
        /// There while StartContainer is at it; opens when that is over, well or not, and was told.
        var start: Latch<Void>?
        var resources: LinuxContainerResources?
        /// The list that it is in.
        var list: KeptEncoding?
        /// Whether the runtime has let go of it: no cgroup, no state of the runtime's is left.
        var isReleased = false
    }

    private let state: Mutex<State>
    /// As an element of ListContainers.
    let element = KeptEncoding()
    /// As its status is told when no more is asked for.
    let answer = KeptEncoding()
    /// Opens at the exit, after it was stored and told.
    let ended = Latch<ContainerExit>()
    let usageNotes = UsageNotes()

    init(
        id: String, sandbox: Sandbox, config: ContainerConfig, details: Details, state: State
    ) {
        self.id = id
        self.sandbox = sandbox
        self.config = config
        self.details = details
        self.state = Mutex(state)
        if let exit = state.phase.exit { ended.open(exit) }
    }

    var current: State { state.withLock { $0 } }
    var phase: ContainerPhase { state.withLock { $0.phase } }

    func update<Result: Sendable>(_ change: (inout State) throws -> Result) rethrows -> Result {
        try state.withLock { state in
            defer { for kept in [element, answer, state.list] { kept?.changed() } }
            return try change(&state)
        }
    }

    /// Claims the start, of which `endStart` must tell.
    func beginStart(at time: Int64) throws {
        try update { state in
            try state.phase.beginStart(at: time)
            state.start = Latch()
        }
    }

    func endStart() {
        state.withLock { $0.start.take() }?.open(())
    }

    /// Claims the end, which then is to be stored before `finishEnd` shows it. The first exit stands.
    /// - Returns: nil when it has an end already.
    func beginEnd(_ exit: (_ startedAt: Int64) -> ContainerExit) -> ContainerExit? {
        state.withLock { state in
            var phase = state.phase
            guard state.ending == nil, phase.end(exit) else { return nil }
            state.ending = phase.exit
            return phase.exit
        }
    }

    func finishEnd(_ exit: ContainerExit) {
        update { state in
            state.phase = .exited(exit)
            state.ending = nil
        }
    }

    func join(_ list: KeptEncoding) {
        state.withLock { $0.list = list }
    }

    /// The identity that the kubelet retries with, within its sandbox.
    static func name(_ metadata: ContainerMetadata) -> String {
        "\(metadata.name)/\(metadata.attempt)"
    }

    var name: String { SandboxContainer.name(config.metadata ?? ContainerMetadata()) }

    /// Where its log is written; nil when the pod has no log directory or it wants none.
    var log: LogPath? {
        let directory = sandbox.config.logDirectory
        if directory.isEmpty || config.logPath.isEmpty { return nil }
        return LogPath(directory: directory, name: config.logPath)
    }

    var logPath: String { log?.path ?? "" }
}
