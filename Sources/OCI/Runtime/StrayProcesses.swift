internal import CLinux
internal import Glibc
internal import Kernel
internal import System
internal import Text

/// Processes that were started for a pod and that nobody follows any more, found by their arguments.
public enum StrayProcesses {
    /// Kills the runtimes that are creating `container`: without the monitor that ran them they would
    /// go on to make a container that nobody follows. See `Runtime.createArguments`.
    public static func endCreation(of container: String) async throws {
        try await end { words in words.last == container && words.contains("create") }
    }

    /// Kills the monitor of the pod whose directory this is.
    public static func endMonitor(of directory: String) async throws {
        try await end { pod(ofMonitor: $0) == directory }
    }

    /// Kills the monitors of the pods whose directories these are.
    public static func endMonitors(of directories: Set<String>) async throws {
        if directories.isEmpty { return }
        try await end { pod(ofMonitor: $0).map(directories.contains) ?? false }
    }

    /// The directories of pods that have a monitor, there or not any more, below `pods`. Blocks the thread.
    public static func monitors(below pods: String) throws -> Set<String> {
        let processes = try Files.list("/proc").compactMap { Int32($0) }
        return Set(
            processes.compactMap { pod(ofMonitor: words($0)) }.filter {
                $0.begins(with: "\(pods)/")
            })
    }

    /// Who serves a monitor's socket. The process ID was taken when it began to listen, so it may have
    /// come to mean another since.
    static func monitor(behind socket: Int32, of directory: String) -> Int32? {
        let pid = gantry_peer(socket)
        return pid > 0 && pod(ofMonitor: words(pid)) == directory ? pid : nil
    }

    /// See `Monitor.start`.
    private static func pod(ofMonitor words: [String]) -> String? {
        words.count == 2 && words[0].ends(with: "gantry-monitor") ? words[1] : nil
    }

    /// Kills each with its process group, and returns when they are dead.
    private static func end(_ fits: @escaping @Sendable ([String]) -> Bool) async throws {
        try await Blocking.run {
            for pid in try Files.list("/proc").compactMap({ Int32($0) }) where fits(words(pid)) {
                guard let process = PidDescriptor(pid), fits(words(pid)) else { continue }
                // Monitors and what they start lead sessions of their own.
                if getpgid(pid) == pid { kill(-pid, SIGKILL) }
                gantry_pidfd_send_signal(process.raw, SIGKILL)
                _ = process.hasExited(within: .seconds(10))
            }
        }
    }

    private static func words(_ pid: Int32) -> [String] {
        let line = (try? Files.read("/proc/\(pid)/cmdline")) ?? []
        return line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
