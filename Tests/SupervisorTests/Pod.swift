import CLinux
import Glibc
import Kernel
import Model
import MonitorProtocol
import OCI
import System
import Testing

/// A pod whose containers are shell scripts, with the real `gantry-monitor` and a runtime that is a
/// shell script too.
final class Pod: Sendable {
    let directory: String
    let monitor: Monitor

    init(logRateLimit: Int = 0) async throws {
        var template = Array("/tmp/gantry-monitor-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("mkdtemp", errno: errno) }
        let directory = String(cString: made)
        try Files.replace("\(directory)/runtime", with: Array(Self.runtime.utf8), mode: 0o755)
        mkdir("\(directory)/pod", 0o700)
        monitor = try await Monitor.start(
            program: Self.program, directory: "\(directory)/pod", logRateLimit: logRateLimit)
        self.directory = directory
    }

    /// Beside the test program, since the tests depend on it.
    static var program: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let exe = String(
            decoding: path[..<max(0, count)].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "\(Path.parent(of: exe))/gantry-monitor"
    }

    /// `runtime create SCRIPT GATE PIDFILE`: like a container's init, the child does nothing before
    /// the gate (a fifo) is opened for it. A shell gives what it starts in the background `/dev/null` to
    /// read, hence descriptor 8.
    private static let runtime = """
        #!/bin/sh
        mkfifo "$3" && exec 8<&0 9<>"$3" || exit 1
        sh -c 'read go <&9; exec 9<&-; eval "$0"' "$2" <&8 8<&- &
        echo $! > "$4"
        """

    func request(
        _ id: String, _ script: String, log: String? = nil, input: Bool = false
    ) -> CreateRequest {
        CreateRequest(
            container: id, program: "\(directory)/runtime",
            arguments: ["create", script, "\(directory)/\(id).gate", "\(directory)/\(id).pid"],
            pidFile: "\(directory)/\(id).pid", logPath: log ?? "\(directory)/\(id).log",
            keepsInput: input, exitRecord: recordPath(id))
    }

    func recordPath(_ id: String) -> String { "\(directory)/\(id).exit" }

    /// Opens the gate, as the runtime's `start` does.
    func start(_ id: String) throws {
        try Files.write("go\n", to: "\(directory)/\(id).gate")
    }

    @discardableResult
    func run(_ id: String, _ script: String, log: String? = nil) async throws -> Int32 {
        let pid = try await monitor.create(request(id, script, log: log))
        try start(id)
        return pid
    }

    func exit(of id: String, toldBy other: Monitor? = nil) async throws -> ExitRecord {
        let exits = (other ?? monitor).exits
        return try await withDeadline(.seconds(60), "the exit of \(id)") {
            for await exit in exits where exit.container == id { return exit }
            throw GantryError(.unavailable, "the monitor died")
        }
    }

    /// The process at the other end of the monitor's socket.
    func monitorPID() throws -> Int32 {
        let pid = try Files.list("/proc").compactMap { Int32($0) }.first { pid in
            let line = (try? Files.readText("/proc/\(pid)/cmdline")) ?? ""
            return line == "\(Self.program)\0\(directory)/pod\0"
        }
        guard let pid else { throw GantryError(.notFound, "no monitor runs in \(directory)") }
        return pid
    }

    /// The entries of a log as (`stdout F`, text).
    func log(_ name: String) throws -> [(tags: String, text: String)] {
        let lines = try Files.readText("\(directory)/\(name)").split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        return lines.dropLast().map { line in
            let fields = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            #expect(fields.count == 4 && fields[0].utf8.count == 30 && fields[0].hasSuffix("Z"))
            return ("\(fields[1]) \(fields[2])", String(fields[3]))
        }
    }

    func end() async throws {
        for container in (try? await monitor.containers()) ?? [] where container.exit == nil {
            kill(container.pid, SIGKILL)
        }
        if let pid = try? monitorPID() { kill(pid, SIGKILL) }
        try await Trees.remove(directory)
    }
}

/// Waits for something that no event tells, by looking again.
func eventually(_ what: String, _ condition: @escaping @Sendable () async throws -> Bool)
    async throws
{
    try await withDeadline(.seconds(60), what) {
        while !(try await condition()) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// Runs a test in a pod and leaves nothing of it.
func withPod(
    logRateLimit: Int = 0, _ body: @escaping @Sendable (Pod) async throws -> Void
) async throws {
    let pod = try await Pod(logRateLimit: logRateLimit)
    await withTaskGroup { group in
        group.addTask { await pod.monitor.run() }
        do {
            try await body(pod)
        } catch {
            Issue.record(error)
        }
        await #expect(throws: Never.self) { try await pod.end() }
        group.cancelAll()
    }
}
