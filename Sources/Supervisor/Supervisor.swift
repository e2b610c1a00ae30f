internal import CLinux
internal import Glibc
internal import Kernel

/// The monitor of one pod: it starts the pod's containers through the OCI runtime, owns their
/// standard streams, writes their logs and records their exits. The daemon may come and go.
///
/// It is one thread around epoll, without Foundation or Concurrency, since there is one a pod.
public enum Supervisor {
    /// Puts itself into the background, with its socket listening when this process exits, and runs
    /// until it is told to shut down.
    public static func main(_ arguments: [String]) -> Never {
        guard arguments.count == 2 else { fail("usage: gantry-monitor DIRECTORY") }
        let directory = arguments[1]
        do {
            // Its end is its containers' end. SIGTERM, and the children's ends, come through the loop.
            try syscall("sigaction") { gantry_ignore_signals() }
            var pipe = try Pipe()
            if try syscall("fork", "", { gantry_fork() }) != 0 {
                _exit(serves(&pipe) ? 0 : 1)
            }
            // In the process that serves: by the socket the daemon knows which one that is.
            let loop = try EventLoop(directory: directory, logLimit: logLimit)
            try becomeSupervisor(directory)
            _ = write(pipe.writeEnd.raw, "+", 1)
            pipe.readEnd = nil
            pipe.writeEnd = nil
            try loop.run()
        } catch {
            fail("\(error)")
        }
        _exit(0)
    }

    /// In the environment, which monitors of any version accept.
    private static var logLimit: LogLimit? {
        getenv("GANTRY_LOG_RATE_LIMIT").flatMap { LogLimit(String(cString: $0)) }
    }

    /// Waits until the other process serves, or has said why it does not.
    private static func serves(_ pipe: inout Pipe) -> Bool {
        pipe.writeEnd = nil
        var byte: UInt8 = 0
        return read(pipe.readEnd.raw, &byte, 1) == 1
    }

    /// A session of its own, so that no signal for the daemon reaches it, and the reaper of what the
    /// runtime leaves behind.
    private static func becomeSupervisor(_ directory: String) throws(SystemError) {
        setsid()
        // Programs that we start, and through runtimes what they make, depend on it.
        umask(0o022)
        try syscall("prctl") { gantry_set_subreaper() }
        try syscall("chdir") { chdir("/") }
        protectFromOutOfMemory()
        let null = try Files.open("/dev/null", O_RDWR)
        let log = try Files.open("\(directory)/monitor.log", O_WRONLY | O_CREAT | O_APPEND)
        for (descriptor, target) in [(null.raw, Int32(0)), (null.raw, 1), (log.raw, 2)] {
            try syscall("dup2") { dup2(descriptor, target) }
        }
    }

    /// The kernel must not end the monitor when its pod is at its limit, not even where nothing else
    /// is left to end, as with a full volume in memory: the exits would be lost. A value that this
    /// process may not set (it needs CAP_SYS_RESOURCE) stays as it is.
    private static func protectFromOutOfMemory() {
        try? Files.write("-1000", to: "/proc/self/oom_score_adj")
    }

    static func warn(_ text: String) {
        let line = Array("gantry-monitor: \(text)\n".utf8)
        _ = write(2, line, line.count)
    }

    private static func fail(_ text: String) -> Never {
        warn(text)
        _exit(1)
    }
}
