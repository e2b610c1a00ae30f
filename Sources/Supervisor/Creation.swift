internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// A container that an OCI runtime is creating. The loop goes on meanwhile.
final class Creation {
    let runtime: Int32
    let reply: (Reply) -> Void
    private let request: CreateRequest
    private let log: LogFile
    private let console: Console?
    private var input: Descriptor? = nil
    private let outputs: [OutputStream]

    /// Opens the log and the streams and starts the runtime on them.
    init(
        _ request: CreateRequest, _ loop: EventLoop, _ reply: @escaping (Reply) -> Void
    ) throws(SystemError) {
        self.request = request
        self.reply = reply
        log = try LogFile(request.logPath)
        if request.consoleSocket.isEmpty {
            console = nil
            var streams = try Streams()
            if request.keepsInput { try streams.openInput() }
            runtime = try streams.start(request)
            outputs = streams.outputs(log)
            input = streams.input.take()
            for output in outputs { loop.add(output) }
        } else {
            outputs = []
            let console = try Console(request.consoleSocket, log, loop)
            self.console = console
            loop.add(console)
            runtime = try Spawn.start(
                request.program, request.arguments, environment: Streams.environment)
        }
    }

    /// The runtime has exited: with 0 there is a container, whose process it wrote down.
    func finish(_ code: Int32) throws -> Container {
        guard code == 0 else {
            throw Containers.Refusal(description: "\(request.program) exited with code \(code)")
        }
        let text = try Files.readText(request.pidFile)
        guard let pid = Int32(text.prefix { $0.isNumber }) else {
            throw Containers.Refusal(description: "\(request.pidFile) holds no process ID")
        }
        return Container(
            id: request.container, pid: pid, exitRecord: request.exitRecord, log: log,
            outputs: try console?.take() ?? outputs, input: input.take())
    }
}

/// The pipes of a container without a terminal: our ends and the runtime's.
struct Streams: ~Copyable {
    var input: Descriptor? = nil
    private var theirInput: Descriptor? = nil
    private var output: Pipe
    private var error: Pipe

    static let environment = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    ]

    init() throws(SystemError) {
        let output = try Pipe()
        let error = try Pipe()
        self.output = output
        self.error = error
    }

    /// Gives the container an input to read from; without, it reads `/dev/null`.
    mutating func openInput() throws(SystemError) {
        var pipe = try Pipe()
        theirInput = pipe.readEnd.take()
        input = pipe.writeEnd.take()
    }

    /// The runtime hands its own streams down to the container.
    func start(_ request: CreateRequest) throws(SystemError) -> Int32 {
        try Spawn.start(
            request.program, request.arguments, environment: Self.environment,
            input: theirInput.raw, output: output.writeEnd.raw,
            error: error.writeEnd.raw)
    }

    mutating func outputs(_ log: LogFile) -> [OutputStream] {
        let streams = [
            OutputStream(output.readEnd.take(), "stdout", log),
            OutputStream(error.readEnd.take(), "stderr", log),
        ]
        return streams.compactMap { $0 }
    }
}
