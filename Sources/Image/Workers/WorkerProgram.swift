internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// The program that handles images, and how it is started.
public struct WorkerProgram: Sendable {
    private let path: String
    private let arguments: [String]
    private let environment: [String]
    private let readyLimit: Duration
    private let tell: @Sendable ([String]) -> Void

    /// What the libraries take from the environment: where proxies are (curl(1), ENVIRONMENT).
    private static let passedOn = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]

    /// - Parameters:
    ///   - memory: bytes that it may have of its own.
    ///   - processors: on how many it may run; 0 is all.
    ///   - environment: the daemon's, of which it gets next to nothing.
    ///   - readyLimit: how long it may take to start.
    ///   - tell: hears what the node cannot do to confine it.
    public init(
        path: String, memory: Int, processors: Int, environment: [String: String],
        readyLimit: Duration = .seconds(10), tell: @escaping @Sendable ([String]) -> Void
    ) {
        self.path = path
        self.readyLimit = readyLimit
        self.tell = tell
        arguments = ["\(memory)", "\(processors)"]
        let names = Self.passedOn + Self.passedOn.map { $0.uppercased() } + Self.ofTests
        self.environment =
            ["SWIFT_BACKTRACE=enable=no"]
            + names.compactMap { name in environment[name].map { "\(name)=\($0)" } }
    }

    #if DEBUG
        private static let ofTests = ["GANTRY_IMAGES_FAILPOINT"]
    #else
        private static let ofTests: [String] = []
    #endif

    /// The thread that starts it waits for its end, since it is the end of that thread that would kill it
    /// (prctl(2), PR_SET_PDEATHSIG).
    func start(as user: WorkerUser) async throws -> ImageWorker {
        try await withUnsafeThrowingContinuation { started in
            do {
                try Thread.start(name: "gantry-images") { run(started, user) }
            } catch {
                started.resume(throwing: GantryError("start \(path)", from: error))
            }
        }
    }

    /// From the start of a process to its end. Blocks the thread.
    private func run(
        _ started: UnsafeContinuation<ImageWorker, any Error>, _ user: WorkerUser
    ) {
        do {
            let (worker, process) = try spawn(user)
            worker.expectReady(within: readyLimit)
            started.resume(returning: worker)
            let wrong = worker.listen()
            process.kill()
            let status = process.reap()
            worker.close(wrong.map { "makes no sense: \($0)" } ?? Self.reason(status))
        } catch {
            started.resume(throwing: GantryError("start \(path)", from: error))
        }
    }

    private func spawn(_ user: WorkerUser) throws -> (ImageWorker, WorkerProcess) {
        let (ours, theirs) = try FrameSocket.pair()
        let pid = try Spawn.start(
            path, arguments + ["\(user.rawValue)"], environment: environment, directory: "/",
            error: 2,
            inherited: [theirs.raw], newSession: true)
        let process = WorkerProcess(pid)
        return (ImageWorker(FrameSocket(ours), kill: { process.kill() }, tell: tell), process)
    }

    private static func reason(_ status: Int32) -> String {
        let signals: [Int32: String] = [
            SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS",
            SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGSYS: "SIGSYS", SIGTERM: "SIGTERM",
        ]
        guard status > 128 else { return "ended with code \(status)" }
        return "was ended by \(signals[status - 128] ?? "signal \(status - 128)")"
    }
}

extension ImageWorkers {
    public convenience init(_ program: WorkerProgram, idleTime: Duration) {
        self.init(idleTime: idleTime) { try await program.start(as: $0) }
    }
}
