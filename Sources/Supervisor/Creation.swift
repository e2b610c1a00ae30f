internal import Glibc
internal import Kernel
internal import MonitorProtocol
internal import Text

/// A container that an OCI runtime is creating. The loop goes on meanwhile.
final class Creation {
    private(set) var runtime: Int32 = 0
    let reply: (Reply) -> Void
    /// Those who have asked to forget the container meanwhile.
    var givenUp: [(Reply) -> Void] = []
    let request: CreateRequest
    private let loop: EventLoop
    private let log: LogFile
    private let console: Console?
    private var input: Descriptor? = nil
    private var outputs: [OutputStream] = []
    /// What the runtime says: until it has exited, the container's streams carry its words alone,
    /// since the container's process waits for `start`.
    private var words: [UInt8] = []
    private static let longestWords = 16 << 10

    /// Opens the log and the streams and starts the runtime on them.
    init(
        _ request: CreateRequest, _ loop: EventLoop, _ reply: @escaping (Reply) -> Void
    ) throws(SystemError) {
        self.request = request
        self.reply = reply
        self.loop = loop
        log = try LogFile(request.logPath, loop.buffers, limit: loop.logLimit)
        console = request.consoleSocket.isEmpty ? nil : try Console(request.consoleSocket)
        // One of an earlier container of this name must not be taken for this one's.
        try Files.remove(request.pidFile)
        try start()
    }

    /// The runtime hands its own streams down to the container, unless that gets a terminal.
    ///
    /// A container without input reads the end of a pipe and never the node's `/dev/null`: crun makes
    /// its standard streams the property of a user namespace's root, who could then change the mode of
    /// the node's device.
    private func start() throws(SystemError) {
        var output = try Pipe()
        var error = try Pipe()
        var stdin = try Pipe()
        try listen(to: &output.readEnd, "stdout")
        try listen(to: &error.readEnd, "stderr")
        let wantsPipe = request.keepsInput && console == nil
        runtime = try loop.home.start(
            request.program, request.arguments,
            input: stdin.readEnd.raw, output: output.writeEnd.raw, error: error.writeEnd.raw)
        if wantsPipe { input = stdin.writeEnd.take() }
        for output in outputs { loop.add(output) }
    }

    private func listen(to end: inout Descriptor?, _ name: StaticString) throws(SystemError) {
        guard let pipe = end.take() else { return }
        let output = try OutputStream(pipe, name, loop.buffers)
        output.sink = { [weak self] bytes, _ in
            self?.hear(bytes)
            return bytes.count
        }
        outputs.append(output)
    }

    private func hear(_ bytes: UnsafeRawBufferPointer) {
        words += bytes.prefix(Self.longestWords - words.count)
    }

    /// The runtime has exited: with 0 there is a container, whose process it wrote down.
    /// - Parameter isOurs: whether the end of a process will be known to the monitor, or is.
    func finish(_ code: Int32, _ isOurs: (Int32) -> Bool) throws -> Container {
        for output in outputs { _ = output.drain() }
        do {
            guard code == 0 else { throw refusal(code) }
            let pid = try readPID()
            guard request.isHidden || isOurs(pid) else {
                throw Containers.Refusal(description: "process \(pid) is no child of the monitor")
            }
            if let console { try adopt(console.receive()) }
            if request.isHidden { dropStreams() }
            return Container(
                request, pid: pid, log: log, outputs: outputs, input: input.take(),
                podKills: loop.containers.kills)
        } catch {
            for output in outputs { loop.remove(output) }
            throw error
        }
    }

    /// The terminal is the container's only stream.
    private func adopt(_ terminal: consuming Descriptor) throws(SystemError) {
        for output in outputs { loop.remove(output) }
        let output = try OutputStream(terminal, "stdout", loop.buffers)
        outputs = [output]
        loop.add(output)
    }

    /// The streams were the runtime's own; the container gets others when it starts.
    private func dropStreams() {
        for output in outputs { loop.remove(output) }
        outputs = []
    }

    private func readPID() throws -> Int32 {
        let text = (try? Files.readText(request.pidFile)) ?? ""
        guard let pid = Int32(text.head(whileByte: \.isASCIIDigit)), pid > 1 else {
            throw Containers.Refusal(description: "\(request.pidFile) holds no process ID")
        }
        return pid
    }

    private func refusal(_ code: Int32) -> Containers.Refusal {
        let text = words.filter { $0 == UInt8(ascii: "\n") || $0 >= UInt8(ascii: " ") }
        let said = String(decoding: text, as: UTF8.self).split(at: "\n")
        let why = said.isEmpty ? "" : ": " + said.joined(separator: "; ")
        return Containers.Refusal(description: "\(request.program) exited with code \(code)\(why)")
    }
}
