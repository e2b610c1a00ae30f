/// What the daemon asks of a pod's monitor.
public enum Request: Sendable, Equatable {
    case namespaces(NamespaceRequest)
    case create(CreateRequest)
    /// Starts a container whose runtime hides its processes; see `CreateRequest.startArguments`.
    case start(container: String)
    /// A container's init is another process than the one that its pid file names, which goes on to
    /// stand for its end.
    case initProcess(container: String, pid: Int32)
    /// A container that a shim has made by now, with this process: the shim tells of its end. Or with
    /// process 0, not any more, since it did not start.
    case watch(container: String, pid: Int32)
    case reopenLog(container: String)
    /// Takes the events of the pod's shims, at a unix socket of this path. Safe to repeat.
    case takeEvents(path: String)
    case list
    /// Connects a client with one of the container's streams. The descriptor of its pipe comes beside
    /// the request (SCM_RIGHTS): the writing end for an output, the reading end for the input.
    case attach(AttachedStream)
    /// Sets the size of the container's terminal, in characters.
    case resize(container: String, width: UInt16, height: UInt16)
    /// The container was removed: forget it and its exit record.
    case forget(container: String)
    /// Ends the monitor, unless a container lives.
    case shutdown
}

/// A stream of a container that a client wants.
public struct AttachedStream: Sendable, Equatable {
    public enum Name: String, Sendable {
        case stdin, stdout, stderr
    }

    public var container: String
    public var name: Name
    /// Whether the container's input ends with the client's (CRI: `stdin_once`).
    public var endsInput: Bool

    public init(container: String, name: Name, endsInput: Bool = false) {
        self.container = container
        self.name = name
        self.endsInput = endsInput
    }
}

/// The namespaces that a pod has of its own, and where each is pinned (bound to a file).
public struct NamespaceRequest: Sendable, Equatable {
    public enum Kind: String, CaseIterable, Sendable {
        case network = "net"
        case ipc = "ipc"
        case uts = "uts"
        case user = "user"
    }

    public struct Pin: Sendable, Equatable {
        public var kind: Kind
        /// A file that does not exist yet, in a directory that does.
        public var path: String

        public init(kind: Kind, path: String) {
            self.kind = kind
            self.path = path
        }
    }

    public var pins: [Pin]
    /// Set where `pins` has uts; empty leaves the node's.
    public var hostname: String
    /// Names with dots, as in sysctl(8).
    public var sysctls: [String: String]
    /// The lines of `/proc/PID/uid_map` and `gid_map` (user_namespaces(7)), where `pins` has user.
    public var uidMap = ""
    public var gidMap = ""

    public init(pins: [Pin], hostname: String, sysctls: [String: String]) {
        self.pins = pins
        self.hostname = hostname
        self.sysctls = sysctls
    }
}

/// What a monitor needs to know of a shim that has a container.
public struct ShimTask: Sendable, Equatable {
    /// Of its task API: 2 or 3.
    public var version: Int
    /// The path of its socket.
    public var socket: String
    /// A directory for the FIFOs `stdin`, `stdout` and `stderr`.
    public var directory: String
    /// Then there is no stderr, and `consoleSocket` is empty all the same.
    public var hasTerminal: Bool

    public init(version: Int, socket: String, directory: String, hasTerminal: Bool) {
        self.version = version
        self.socket = socket
        self.directory = directory
        self.hasTerminal = hasTerminal
    }

    public var stdin: String { "\(directory)/stdin" }
    public var stdout: String { "\(directory)/stdout" }
    public var stderr: String { "\(directory)/stderr" }
}

/// Has an OCI runtime create a container.
public struct CreateRequest: Sendable, Equatable {
    public var container: String
    /// The runtime and its arguments for `create`, the pid file and console socket among them.
    public var program: String
    public var arguments: [String]
    public var pidFile: String
    /// Empty when the container has no terminal.
    public var consoleSocket: String
    /// A `LogPath`'s text. Empty when nobody wants a log; the output is read all the same.
    public var logPath: String
    public var keepsInput: Bool
    /// Where its exit is recorded.
    public var exitRecord: String
    /// For a runtime whose containers are no processes of the node (gVisor): the arguments of its
    /// `start`, whose streams become the container's, and of its `wait`, which ends with the
    /// container and writes its `exitStatus`. Empty for others, which the daemon starts itself.
    public var startArguments: [String] = []
    public var waitArguments: [String] = []
    /// For a container that the daemon has a shim make: only streams are made here. Then `program`,
    /// `arguments` and `pidFile` mean nothing, and the answer's process ID is 0.
    public var task: ShimTask?

    public init(
        container: String, program: String, arguments: [String], pidFile: String,
        consoleSocket: String = "", logPath: String, keepsInput: Bool = false, exitRecord: String
    ) {
        self.container = container
        self.program = program
        self.arguments = arguments
        self.pidFile = pidFile
        self.consoleSocket = consoleSocket
        self.logPath = logPath
        self.keepsInput = keepsInput
        self.exitRecord = exitRecord
    }
}
