internal import CLinux
internal import Glibc
internal import Kernel

/// The children's ends: SIGCHLD as a descriptor, and waitpid for all that there are.
final class Children: EventSource {
    private let signals: Descriptor
    private unowned let loop: EventLoop
    /// SIGTERM comes to all processes when the machine goes down, and waiting for us would hold it
    /// up. Containers that live are waited for, so that their exits are recorded.
    private var isLeaving = false

    init(_ signals: Int32, _ loop: EventLoop) {
        self.signals = Descriptor(owning: signals)
        self.loop = loop
    }

    var descriptor: Int32 { signals.raw }

    /// Several children's signals may come as one, so all that have ended are taken.
    func ready() -> Bool {
        while case let signal = gantry_next_signal(signals.raw), signal > 0 {
            if signal == SIGTERM { isLeaving = true }
        }
        Self.reap(for: loop.containers)
        if isLeaving && loop.containers.living == 0 { loop.stop() }
        return true
    }

    /// Whether a process is our child, living or not yet waited for.
    static func has(_ pid: Int32) -> Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0
    }

    /// Takes all that have ended.
    static func reap(for containers: Containers) {
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { return }
            containers.ended(pid, code: Spawn.exitCode(of: status))
        }
    }
}
