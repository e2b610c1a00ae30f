/// A program to run to its end: an OCI runtime, a CNI plugin.
public struct Command: Sendable {
    public var path: String
    public var arguments: [String]
    public var environment: [String]
    public var input: [UInt8]
    /// After this the program and everything in its session is killed.
    public var limit: Duration
    /// Bytes kept of each output stream; the rest is read and thrown away.
    public var outputLimit: Int
    /// By which all that the program started can be found later.
    public var mark: ProcessMark?

    public init(
        _ path: String, _ arguments: [String], environment: [String] = Command.plainEnvironment,
        input: [UInt8] = [], limit: Duration = .seconds(120), outputLimit: Int = 16 << 20
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.limit = limit
        self.outputLimit = outputLimit
    }

    /// What it is started as.
    var words: [String] { [path] + arguments }

    /// The directories in which programs look for others.
    public static let searchPath = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]

    /// What every program gets: nothing of the daemon's own environment but a search path.
    public static let plainEnvironment = ["PATH=\(searchPath.joined(separator: ":"))"]

    public struct Output: Sendable {
        /// The exit code, or 128 + the signal that ended it.
        public let status: Int32
        public let standardOutput: [UInt8]
        public let standardError: [UInt8]

        public init(status: Int32, standardOutput: [UInt8] = [], standardError: [UInt8] = []) {
            self.status = status
            self.standardOutput = standardOutput
            self.standardError = standardError
        }

        public var errorText: String { String(decoding: standardError, as: UTF8.self) }
        public var text: String { String(decoding: standardOutput, as: UTF8.self) }
    }

    /// Runs it and waits for its exit.
    ///
    /// Output is what had been written when the program exited; a child of it that keeps the pipes
    /// open does not hold the call. Cancelling the task kills the program.
    /// - Throws: `GantryError` (`deadlineExceeded` past `limit`), `SystemError` when it cannot be
    ///   started, `CancellationError`.
    public func run() async throws -> Output {
        let process = try await ChildProcess.start(self)
        return try await process.finish(self)
    }
}
