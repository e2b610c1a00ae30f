internal import Glibc
internal import Kernel
internal import MonitorProtocol

extension Container {
    /// The streams of a container that a shim is going to make: FIFOs, which it opens by their paths.
    convenience init(
        _ request: CreateRequest, _ task: ShimTask, _ loop: EventLoop
    ) throws(SystemError) {
        let log = try LogFile(request.logPath, loop.buffers, limit: loop.logLimit)
        var outputs = [try Self.output(task.stdout, "stdout", loop)]
        if !task.hasTerminal { outputs.append(try Self.output(task.stderr, "stderr", loop)) }
        // Open for reading as well, so that it can be opened before the shim does.
        var input: Descriptor?
        if request.keepsInput { input = try Self.fifo(task.stdin, O_RDWR) }
        self.init(
            request, pid: 0, log: log, outputs: outputs, input: input.take(),
            podKills: loop.containers.kills)
        for output in outputs { loop.add(output) }
    }

    private static func output(
        _ path: String, _ name: StaticString, _ loop: EventLoop
    ) throws(SystemError) -> OutputStream {
        try OutputStream(try fifo(path, O_RDONLY), name, loop.buffers)
    }

    private static func fifo(_ path: String, _ flags: Int32) throws(SystemError) -> Descriptor {
        try Files.remove(path)
        try syscall("mkfifo", path) { mkfifo(path, 0o600) }
        return try Files.open(path, flags | O_NONBLOCK)
    }
}
