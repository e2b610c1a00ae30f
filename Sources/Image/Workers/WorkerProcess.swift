internal import Glibc
internal import Kernel
internal import Synchronization

/// A child of this process, which is killed by any thread and reaped by one.
final class WorkerProcess: Sendable {
    private let pid: Int32
    /// Its ID means another process from then on.
    private let isReaped = Mutex(false)

    init(_ pid: Int32) {
        self.pid = pid
    }

    func kill() {
        isReaped.withLock { isReaped in
            if !isReaped { _ = Glibc.kill(pid, SIGKILL) }
        }
    }

    /// Waits for its end. Blocks.
    /// - Returns: the exit code, or 128 + the signal that ended it.
    func reap() -> Int32 {
        var info = siginfo_t()
        // First without reaping, so that `kill` need not wait for it.
        _ = try? syscall("waitid") { waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) }
        return isReaped.withLock { isReaped in
            var word: Int32 = 0
            _ = try? syscall("waitpid") { waitpid(pid, &word, 0) }
            isReaped = true
            return Spawn.exitCode(of: word)
        }
    }
}
